"""Painting by a painter: a network that has learned one style."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.evaluate.mapped import spacious
from brushwork.evaluate.meter import on_meta
from brushwork.fast.at_once import AtOnce, Stroke
from brushwork.fast.frozen import in_tiles, statistics_of
from brushwork.fast.gathering import STRIP, Gathering
from brushwork.fast.graph import NotLocal
from brushwork.fast.mgan import MganNetwork
from brushwork.fast.painter import Painter, load_painter
from brushwork.fast.pyramid import Pyramid
from brushwork.fast.trace import Network, trace
from brushwork.perception.engines import Engine
from brushwork.picture.resample import resize
from brushwork.picture.window import Size
from brushwork.recipes.options import SEEDS, Extent, check, require
from brushwork.recipes.pictures import Pictures
from brushwork.types import Image

StatisticsOf: TypeAlias = Literal["gathered", "frozen"]

_LARGE = 2**23
"""Bytes from which on a map is kept in a file, where memory is short."""

_FREE = 1024
"""Side in pixels of tiles with frozen statistics, where memory says nothing."""


@dataclass(frozen=True, kw_only=True)
class ByPainter(AtOnce):
    """Options of painting by a painter."""

    painter: str = ""
    """The painter: its file, or the name of one that comes with the package (`brushwork painters` lists them)."""

    size: Extent = "full"
    """Size of the result in pixels, measured as `measure` says, 32 or more; `full`: as large as the photograph."""

    strength: float = 1.0
    """How much of the painter's picture is laid over the photograph: 0 nothing, 1 all."""

    statistics: StatisticsOf = "gathered"
    """Where a network that normalizes each picture takes means and deviations from: the whole picture (gathered), or a
    copy of about a megapixel (frozen), after which tiles are painted one by one, with less memory."""

    color_when: Literal["before", "after"] = "after"
    """Whether colors are changed before painting, in what the network is shown, or after, in what was painted."""

    seed: int = 0
    """Seed of the noise that some painters take; the same seed gives the same picture."""

    def __post_init__(self) -> None:
        check(self)
        require(0 <= self.strength <= 1, "strength", self.strength, "0 or more, up to 1")
        require(0 <= self.seed < SEEDS, "seed", self.seed, "a whole number from 0 up to 2⁶³ − 1")
        if self.color.startswith("match") and self.color_when == "before":
            raise InputError(f"{self.color} makes colors of paintings alike, and here is none: take color-when after.")

    def brush(self, device: torch.device) -> PainterBrush:
        """The painter.

        Raises: InputError: there is none, or it paints no photographs.
        """
        painter = load_painter(self.painter)
        if isinstance(painter.settings, Pyramid) and not painter.settings.photograph:
            raise InputError(
                f"{painter.name} draws textures, and paints no photographs: brushwork texture --painter {self.painter}"
            )
        return PainterBrush(self, replace(painter, network=painter.network.to(device).requires_grad_(False)))


@dataclass(frozen=True)
class PainterBrush:
    """A painter at work."""

    options: ByPainter
    painter: Painter

    @property
    def name(self) -> str:
        """The painter's."""
        return self.painter.name

    @property
    def engine(self) -> Engine:
        """How it computes on processors: as torch does."""
        return "plain"

    @property
    def fastest(self) -> None:
        """At once is as fast as any: it goes by strips, too."""
        return None

    def tensors(self) -> Mapping[str, Tensor]:
        """Its weights."""
        return self.painter.network.state_dict()

    def on_meta(self) -> PainterBrush:
        """The same without numbers."""
        network = on_meta(self.painter.network)
        if isinstance(network, MganNetwork):  # the network that looks is no part of it
            network.look(on_meta(network.encoder))
        return replace(self, painter=replace(self.painter, network=network))

    @torch.no_grad()
    def paint(self, pictures: Pictures, canvas: Size, side: int | None = None) -> Iterator[Stroke]:
        """Paint a photograph; see `Brush`.

        Raises: InputError: tiles are asked of a network that cannot paint in tiles.
        """
        photograph = resize(pictures.content, canvas, clamp=True)
        drawn: float | Image = 0.0
        for drawn in self._drawn(photograph, side):
            if not isinstance(drawn, Tensor):
                yield Stroke(drawn)
        assert isinstance(drawn, Tensor)
        yield Stroke(1.0, self._laid(drawn, photograph))

    def _drawn(self, photograph: Image, side: int | None) -> Iterator[float | Image]:
        network = self._network
        try:
            graph = trace(network, photograph)
            if self.options.statistics == "frozen":
                found = statistics_of(network, photograph)
                return in_tiles(graph, photograph, found, side or _FREE)
        except NotLocal as error:
            if side is None:
                return iter([network(photograph)])
            raise InputError(f"{self.name} cannot paint in tiles ({error}): take a smaller size.") from error
        if side is None:
            return Gathering(graph, photograph, STRIP, lambda shape, like: like.new_empty(*shape)).drawn()
        return Gathering(graph, photograph, min(side**2, STRIP), partial(spacious, large=_LARGE)).drawn()

    @property
    def _network(self) -> Network:
        """From photographs to pictures."""
        if isinstance(self.painter.settings, Pyramid):
            return partial(self.painter.network, seed=self.options.seed)
        return self.painter.network

    def _laid(self, drawn: Image, photograph: Image) -> Image:
        """The picture, as strong as the options say."""
        drawn = drawn.clamp_(0, 1)
        if self.options.strength == 1:
            return drawn
        return torch.lerp(resize(photograph, Size.of(drawn), clamp=True), drawn, self.options.strength)
