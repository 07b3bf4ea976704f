"""Estimate the memory of a job, and choose the tiles that fit."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import sqrt
from typing import NamedTuple

import torch

from brushwork.devices.meter import to_meta
from brushwork.encoders import Encoder
from brushwork.errors import NotAdditiveError
from brushwork.gradients.strips import Strip, count_passes, split_strips, strip_cost
from brushwork.gradients.tile_layout import TileLayout
from brushwork.gradients.tiled import Tiling
from brushwork.images import Size
from brushwork.images.geometry import Window
from brushwork.jobs.image_sizes import InputSizes, encoded_sizes, is_encodable
from brushwork.jobs.peak_memory import add_reserve, optimizer_memory, peak_memory
from brushwork.options import ScheduleLevel
from brushwork.recipes import RecipeOptions

SIDES = (384, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048, 2560, 3072, 3584, 4096, 5120, 6144, 8192)
"""Tile sides in pixels, halo included. Below the first, VGG-19's halo of 160 pixels would cost too much."""

_MOST_KEPT = 32
"""Most tiles cached between the two passes; where more would fit, larger tiles fit."""

_AMPLE = 2**14
"""Bytes per pixel, about four times what VGG-19 takes. If this much is free, no estimate is needed."""


@dataclass(frozen=True)
class MemoryEstimator:
    """Estimates the memory that a job needs on a device, beyond what is already allocated."""

    sizes: InputSizes
    encoder: Encoder
    device: torch.device

    def __call__(self, options: RecipeOptions, tiling: Tiling | None = None, level: int = -1) -> int:
        """Return the bytes needed. Raises: NotAdditiveError: a loss cannot be computed in tiles."""
        return add_reserve(self._tensors(options, tiling, level) + self._weights(), self.device)

    @cached_property
    def _tensors(self) -> Callable[[RecipeOptions, Tiling | None, int], int]:
        """Bytes of the tensors for options, tiling and level, each measured once: a measurement takes a second."""
        return cache(lambda options, tiling, level: peak_memory(options, self.sizes, self._bare, level, tiling))

    @cached_property
    def _bare(self) -> Encoder:
        return to_meta(self.encoder)

    def _weights(self) -> int:
        """Return the bytes of the weights; 0 on the CPU, where they are already in memory."""
        return 0 if self.device.type == "cpu" else sum(one.nbytes for one in self.encoder.parameters())

    def is_ample(self, options: RecipeOptions, levels: Sequence[ScheduleLevel], budget: int) -> bool:
        """Return whether the budget certainly suffices without tiles."""
        encoded = encoded_sizes(options, self.sizes, levels[-1].size).values()
        return _AMPLE * max(size.area for size in encoded) + optimizer_memory(options, levels) <= budget

    def is_usable(self, options: RecipeOptions) -> bool:
        """Return whether every image is large enough for the deepest layer at the coarsest level."""
        return is_encodable(options, self.sizes, self.encoder)

    def choose_tiling(self, options: RecipeOptions, budget: int) -> Tiling | None:
        """Return None, no tiles, if that fits; else the tiles of `largest_tiling`."""
        return None if self(options) <= budget else self.largest_tiling(options, budget)

    def largest_tiling(self, options: RecipeOptions, budget: int) -> Tiling | None:
        """Return the largest tiles that fit, with as many cached as fit; the smallest tiles if none fit.

        When rows are streamed, caching is worth more than a side larger than the same number of strips needs.
        None: tiles would not help, because the images are small or a loss is not a sum over positions.
        """
        sides = [side for side in SIDES if side < self.longest_side(options)]
        try:
            side = self.largest_fitting_side(options, sides, budget)
        except NotAdditiveError:
            return None
        if side is None:
            return Tiling(sides[0]) if sides else None
        parts = _part_layout(options, self.encoder, options.schedule(self.sizes.content)[-1].size)
        side = min(one for one in sides if one <= side and parts.strips(one) == parts.strips(side))
        return Tiling(
            side,
            1
            + bisect_right(
                range(2, parts.most_kept(side) + 1), budget, key=lambda kept: self(options, Tiling(side, kept))
            ),
        )

    def longest_side(self, options: RecipeOptions) -> int:
        """Return the longest side, in pixels, of all images that are encoded at the finest level."""
        finest = options.schedule(self.sizes.content)[-1].size
        return max(max(size) for size in encoded_sizes(options, self.sizes, finest).values())

    def largest_fitting_side(self, options: RecipeOptions, sides: Sequence[int], budget: int) -> int | None:
        """Return the largest of the ascending tile sides that fits; None: none does.

        Raises: NotAdditiveError: a loss cannot be computed in tiles.
        """
        count = bisect_right(sides, budget, key=lambda side: self(options, Tiling(side)))
        return sides[count - 1] if count else None

    def minimum_memory(self, options: RecipeOptions) -> int:
        """Return the bytes needed with the smallest tiles; without tiles, if a loss does not allow them."""
        try:
            return self(options, Tiling(SIDES[0]))
        except NotAdditiveError:
            return self(options)


def relative_cost(options: RecipeOptions, encoder: Encoder, size: Size, tiling: Tiling | None) -> float:
    """Return the time of an evaluation relative to one without tiles."""
    return 1.0 if tiling is None else _part_layout(options, encoder, size).relative_cost(tiling)


class _PartLayout(NamedTuple):
    """How an image that does not fit into memory is encoded."""

    layout: TileLayout
    streams: bool
    """Whether rows are streamed; else tiles are used."""

    def _strips(self, side: int) -> list[Strip]:
        return split_strips(self.layout, Window.whole(self.layout.image), side**2)

    def strips(self, side: int) -> int:
        """Return the number of strips when streaming; for tiles, the side itself, so that no two sides are equal."""
        return len(self._strips(side)) if self.streams else side

    def most_kept(self, side: int) -> int:
        """Return the largest useful value of `Tiling.kept`."""
        if not self.streams:
            return min(_MOST_KEPT, len(self.layout.tiles(side)))
        return 1 + count_passes(self._strips(side))

    def relative_cost(self, tiling: Tiling) -> float:
        if not self.streams:
            return self.layout.tile_cost(*tiling)
        return strip_cost(self._strips(tiling.side), tiling.kept - 1)


def _part_layout(options: RecipeOptions, encoder: Encoder, size: Size) -> _PartLayout:
    read = options.encoded_layers
    return _PartLayout(TileLayout.of(encoder, dict.fromkeys(read, 0), size), bool(encoder.native_steps(read)))


def halve_tiling(tiling: Tiling | None, canvas: Size) -> Tiling | None:
    """Return a tiling that takes about half the memory, for an image of this size; None: there is none."""
    if tiling is not None and tiling.kept > 1:
        return Tiling(tiling.side, tiling.kept // 2)
    side = min(max(canvas), tiling.side) if tiling else sqrt(canvas.area)
    smaller = [one for one in SIDES if one <= side / sqrt(2)]
    return Tiling(smaller[-1]) if smaller else None
