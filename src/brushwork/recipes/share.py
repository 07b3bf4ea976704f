"""What a process holds of the picture: all of it, or a band of rows while other processes hold the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from brushwork.evaluate.bands import Bands, Rows, bands
from brushwork.evaluate.features import features_of
from brushwork.evaluate.layout import Layout
from brushwork.evaluate.sharded import sharded, summed_together
from brushwork.evaluate.tiled import Tiling, summed, tiled
from brushwork.evaluate.traffic import move
from brushwork.evaluate.whole import whole
from brushwork.evaluate.wire import Wire
from brushwork.objective import Objective
from brushwork.optimize.products import WHOLE, Products
from brushwork.perception.encoder import Encoder
from brushwork.picture.resample import resize
from brushwork.picture.strip import enlarge_rows, source_rows
from brushwork.picture.window import Size, Window
from brushwork.style import Summed
from brushwork.types import Evaluate, Feature, Features, Image


class Held(NamedTuple):
    """Features of the held part of a picture."""

    feature: Feature
    top: int
    """Row of the whole map at which they begin."""
    cells: Size
    """Of the whole map."""


class Share(Protocol):
    """What a process holds of the picture, and of everything that is shaped like it."""

    @property
    def products(self) -> Products:
        """Numbers read off whole vectors, of which this process holds its part."""

    def cut(self, picture: Image) -> Image:
        """The held part of a whole picture."""

    def resize(self, held: Tensor, old: Size, new: Size) -> Tensor:
        """The held part of a picture at another size, from the held part at this one."""

    def evaluate(self, encoder: Encoder, objective: Objective, size: Size) -> Evaluate:
        """An objective at the held part of a picture of a size."""

    def features(self, encoder: Encoder, picture: Image, taps: Sequence[str]) -> Mapping[str, Held]:
        """The features of the held part of a whole picture."""

    @property
    def summed(self) -> Summed | None:
        """How sums over a whole picture are made; None: at once."""


@dataclass(frozen=True)
class Alone:
    """One process holds everything."""

    tiling: Tiling | None = None
    """None: the network looks at pictures at once."""
    products: Products = WHOLE

    def cut(self, picture: Image) -> Image:
        return picture

    def resize(self, held: Tensor, old: Size, new: Size) -> Tensor:
        return resize(held, new)

    def evaluate(self, encoder: Encoder, objective: Objective, size: Size) -> Evaluate:
        if self.tiling is None:
            return whole(encoder, objective)
        return tiled(encoder, objective, self.tiling.side, kept=self.tiling.kept)

    def features(self, encoder: Encoder, picture: Image, taps: Sequence[str]) -> Mapping[str, Held]:
        found = self._features(encoder, picture, taps)
        return {tap: Held(feature, 0, Size.of(feature)) for tap, feature in found.items()}

    @torch.no_grad()
    def _features(self, encoder: Encoder, picture: Image, taps: Sequence[str]) -> Features:
        if self.tiling is None:
            at_once: Features = encoder(picture, taps)
            return at_once
        return features_of(encoder, picture, taps, Window.whole(Size.of(picture)), self.tiling.side)

    @property
    def summed(self) -> Summed | None:
        return None if self.tiling is None else partial(summed, side=self.tiling.side)


ALONE = Alone()


@dataclass(frozen=True)
class Band:
    """Each rank holds a band of rows."""

    wire: Wire
    stride: int
    """Pixels: bands begin at its multiples."""
    halo: int
    """Pixels: no band has fewer rows."""
    tiling: Tiling

    @classmethod
    def of(cls, encoder: Encoder, taps: Sequence[str], wire: Wire, tiling: Tiling) -> Band:
        """Bands for a recipe that reads the network at some taps."""
        layout = Layout.of(encoder, dict.fromkeys(taps, 0), Size(tiling.side, tiling.side))
        return cls(wire, layout.stride, layout.halo, tiling)

    @property
    def products(self) -> Products:
        return Products(self.wire.sum, self.wire.largest)

    def bands(self, height: int) -> Bands:
        """The rows of every rank in a picture of a height."""
        return bands(height, self.wire.count, self.stride, self.halo)

    def cut(self, picture: Image) -> Image:
        rows = self._rows(picture.shape[-2])
        return picture[..., rows.top : rows.bottom, :].clone()

    def resize(self, held: Tensor, old: Size, new: Size) -> Tensor:
        rows = self._rows(new.height)
        if new.height < old.height or new.width < old.width:
            everything = (Rows(0, old.height),) * self.wire.count
            return self.cut(resize(move(held, self.bands(old.height), everything, self.wire), new))
        needed = [_needed(one, old.height, new.height) for one in self.bands(new.height)]
        part = move(held, self.bands(old.height), tuple(needed), self.wire)
        if not rows.height:
            return held.new_empty(*held.shape[:-2], 0, new.width)
        return enlarge_rows(part, needed[self.wire.rank].top, old, new, rows)

    def evaluate(self, encoder: Encoder, objective: Objective, size: Size) -> Evaluate:
        side, kept = self.tiling
        return sharded(encoder, objective, side, size=size, have=self.bands(size.height), wire=self.wire, kept=kept)

    def features(self, encoder: Encoder, picture: Image, taps: Sequence[str]) -> Mapping[str, Held]:
        size = Size.of(picture)
        rows = self._rows(size.height)
        # A rank without rows looks at some, for the shapes.
        own = Window(rows.top, 0, rows.height, size.width, size) if rows.height else Window(0, 0, *size, size)
        layout = Layout.of(encoder, dict.fromkeys(taps, 0), size)
        found = features_of(encoder, layout.outer(own).crop(picture), taps, own, self.tiling.side)
        return {
            tap: Held(feature, lattice.owned(own).top, lattice.cells)
            for (tap, feature), lattice in zip(found.items(), layout.lattices.values(), strict=True)
        }

    @property
    def summed(self) -> Summed | None:
        return partial(summed_together, side=self.tiling.side, wire=self.wire)

    def _rows(self, height: int) -> Rows:
        return self.bands(height)[self.wire.rank]


def _needed(rows: Rows, old: int, new: int) -> Rows:
    return Rows(*source_rows(rows.top, rows.bottom, old, new)) if rows.height else Rows(old, old)


def whole_features(encoder: Encoder, picture: Image, taps: Sequence[str], share: Share) -> Mapping[str, Feature]:
    """All features of a picture, in every process; made in tiles where the share looks so."""
    alone = Alone(share.tiling) if isinstance(share, Band) else share
    return {tap: held.feature for tap, held in alone.features(encoder, picture, taps).items()}
