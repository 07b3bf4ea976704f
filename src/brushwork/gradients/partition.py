"""The part of an image that a process holds: the full image (in tiles or not), or a band of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from brushwork.distributed.halo_exchange import RowRange, RowRanges, exchange_rows, split_rows
from brushwork.distributed.process_group import ProcessGroup
from brushwork.encoders.encoder import Encoder
from brushwork.gradients.grid_shift import NO_SHIFT, GridShift, evaluate_extended, evaluate_extended_bands
from brushwork.gradients.sharded import evaluate_sharded, sum_sharded
from brushwork.gradients.tile_layout import TileLayout
from brushwork.gradients.tiled import Tiling, encode_region, evaluate_tiled, sum_tiled
from brushwork.gradients.whole import evaluate_whole
from brushwork.images.geometry import Size, Window
from brushwork.images.resample import enlarge_rows, resize, source_rows
from brushwork.losses.loss import AdditiveStatistic
from brushwork.objective import Objective
from brushwork.optim.reductions import WHOLE, Reductions
from brushwork.style import SumOverImage
from brushwork.types import Evaluate, Feature, Features, Image, Summaries


class LocalFeatures(NamedTuple):
    """Features of a process's part of an image."""

    feature: Feature
    top: int
    """First row of the full feature map that they cover."""
    positions: Size
    """Size of the full feature map."""


class Partition(Protocol):
    """The part of the image, and of all tensors of its shape, that a process holds."""

    @property
    def reductions(self) -> Reductions:
        """Reductions over full vectors, of which this process holds a part."""

    def crop(self, image: Image) -> Image:
        """Return this process's part of a full image."""

    def resize(self, held: Tensor, old: Size, new: Size) -> Tensor:
        """Return this process's part of the image at the new size, given its part at the old size."""

    def evaluate(self, encoder: Encoder, objective: Objective, size: Size, shift: GridShift = NO_SHIFT) -> Evaluate:
        """Return the evaluation at this process's part of an image of that size.

        The objective is that of the shifted image.
        """

    def features(self, encoder: Encoder, image: Image, layers: Sequence[str]) -> Mapping[str, LocalFeatures]:
        """Compute the features of this process's part of a full image."""

    @property
    def sum_over_image(self) -> SumOverImage | None:
        """Function that computes sums over a full image; None: one forward pass suffices."""


@dataclass(frozen=True)
class FullImage:
    """Partition in which one process holds the full image."""

    tiling: Tiling | None = None
    """Tiles for the evaluation; None: one pass over the full image."""
    reductions: Reductions = WHOLE

    def crop(self, image: Image) -> Image:
        return image

    def resize(self, held: Tensor, old: Size, new: Size) -> Tensor:
        return resize(held, new)

    def evaluate(self, encoder: Encoder, objective: Objective, size: Size, shift: GridShift = NO_SHIFT) -> Evaluate:
        if self.tiling is None:
            return evaluate_extended(evaluate_whole(encoder, objective), shift)
        tiled = evaluate_tiled(encoder, objective, self.tiling.side, kept=self.tiling.kept)
        return evaluate_extended(tiled, shift)

    def features(self, encoder: Encoder, image: Image, layers: Sequence[str]) -> Mapping[str, LocalFeatures]:
        found = self._features(encoder, image, layers)
        return {layer: LocalFeatures(feature, 0, Size.of(feature)) for layer, feature in found.items()}

    @torch.no_grad()
    def _features(self, encoder: Encoder, image: Image, layers: Sequence[str]) -> Features:
        if self.tiling is None:
            at_once: Features = encoder(image, layers)
            return at_once
        return encode_region(encoder, image, layers, Window.whole(Size.of(image)), self.tiling.side)

    @property
    def sum_over_image(self) -> SumOverImage | None:
        return None if self.tiling is None else partial(sum_tiled, side=self.tiling.side)


FULL_IMAGE = FullImage()


@dataclass(frozen=True)
class RowBand:
    """Partition in which each rank holds a band of rows."""

    group: ProcessGroup
    stride: int
    """Bands begin at multiples of this number of pixels."""
    halo: int
    """Smallest height of a band, in pixels."""
    tiling: Tiling

    @classmethod
    def of(cls, encoder: Encoder, layers: Sequence[str], group: ProcessGroup, tiling: Tiling) -> RowBand:
        """Return the bands for a recipe that uses the given encoder layers."""
        layout = TileLayout.of(encoder, dict.fromkeys(layers, 0), Size(tiling.side, tiling.side))
        return cls(group, layout.stride, layout.halo, tiling)

    @property
    def reductions(self) -> Reductions:
        return Reductions(self.group.all_reduce_sum, self.group.all_reduce_max)

    def split_rows(self, height: int) -> RowRanges:
        """Return the rows of every rank for an image of the given height."""
        return split_rows(height, self.group.world_size, self.stride, self.halo)

    def crop(self, image: Image) -> Image:
        rows = self._rows(image.shape[-2])
        return image[..., rows.top : rows.bottom, :].clone()

    def resize(self, held: Tensor, old: Size, new: Size) -> Tensor:
        rows = self._rows(new.height)
        if new.height < old.height or new.width < old.width:
            everything = (RowRange(0, old.height),) * self.group.world_size
            return self.crop(resize(exchange_rows(held, self.split_rows(old.height), everything, self.group), new))
        needed = [_needed_rows(one, old.height, new.height) for one in self.split_rows(new.height)]
        part = exchange_rows(held, self.split_rows(old.height), tuple(needed), self.group)
        if not rows.height:
            return held.new_empty(*held.shape[:-2], 0, new.width)
        return enlarge_rows(part, needed[self.group.rank].top, old, new, rows)

    def evaluate(self, encoder: Encoder, objective: Objective, size: Size, shift: GridShift = NO_SHIFT) -> Evaluate:
        (side, kept), larger = self.tiling, shift.enlarge(size)
        bands = self.split_rows(larger.height)
        banded = evaluate_sharded(encoder, objective, side, size=larger, have=bands, group=self.group, kept=kept)
        return evaluate_extended_bands(banded, shift, self.split_rows(size.height), bands, self.group)

    def features(self, encoder: Encoder, image: Image, layers: Sequence[str]) -> Mapping[str, LocalFeatures]:
        size = Size.of(image)
        rows = self._rows(size.height)
        # A rank without rows encodes the full image, for the shapes.
        own = Window(rows.top, 0, rows.height, size.width, size) if rows.height else Window(0, 0, *size, size)
        layout = TileLayout.of(encoder, dict.fromkeys(layers, 0), size)
        found = encode_region(encoder, layout.receptive_window(own).crop(image), layers, own, self.tiling.side)
        return {
            layer: LocalFeatures(feature, grid.owned_positions(own).top, grid.positions)
            for (layer, feature), grid in zip(found.items(), layout.grids.values(), strict=True)
        }

    @property
    def sum_over_image(self) -> SumOverImage | None:
        return partial(sum_sharded, side=self.tiling.side, group=self.group)

    def _rows(self, height: int) -> RowRange:
        return self.split_rows(height)[self.group.rank]


def _needed_rows(rows: RowRange, old: int, new: int) -> RowRange:
    return RowRange(*source_rows(rows.top, rows.bottom, old, new)) if rows.height else RowRange(old, old)


def full_features(encoder: Encoder, image: Image, layers: Sequence[str], partition: Partition) -> Mapping[str, Feature]:
    """Return all features of an image, in every process, computed in tiles if the partition has tiles."""
    alone = FullImage(partition.tiling) if isinstance(partition, RowBand) else partition
    return {layer: held.feature for layer, held in alone.features(encoder, image, layers).items()}


@torch.no_grad()
def sum_over_style(
    style: Image, encoder: Encoder, sums: Mapping[str, AdditiveStatistic], partition: Partition
) -> Summaries:
    """Compute named sums over a full style image, in tiles and over several processes, as the partition says."""
    if partition.sum_over_image is not None:
        return partition.sum_over_image(encoder, sums, style)
    features = encoder(style, dict.fromkeys(one.layer for one in sums.values()))
    return {
        name: one.summarize(features[one.layer], Window.whole(Size.of(features[one.layer])))
        for name, one in sums.items()
    }
