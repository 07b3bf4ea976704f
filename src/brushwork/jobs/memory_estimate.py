"""Estimate the memory of a job by rehearsing a closure on torch's meta device."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import sqrt
from typing import NamedTuple

import torch

from brushwork.controls import RecipeInputs, StyleRegion
from brushwork.devices.meter import META, MemoryMeter, to_meta
from brushwork.encoders import Encoder
from brushwork.errors import NotAdditiveError
from brushwork.gradients.partition import FullImage
from brushwork.gradients.strips import Strip, count_passes, split_strips
from brushwork.gradients.strips import relative_cost as work_of
from brushwork.gradients.tile_layout import TileLayout
from brushwork.gradients.tiled import Tiling
from brushwork.images import Size
from brushwork.images.geometry import Window
from brushwork.jobs.image_sizes import InputSizes, encoded_sizes, is_encodable
from brushwork.jobs.job import option_size, with_size
from brushwork.options import SMALLEST_SIDE
from brushwork.recipes import MDANOptions, RecipeOptions, ResumeState, encoded_layers, run_recipe, schedule
from brushwork.recipes import schedule as levels_of
from brushwork.recipes.multiscale import make_optimizer
from brushwork.types import Image

SIDES = (384, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048, 2560, 3072, 3584, 4096, 5120, 6144, 8192)
"""Pixels of tiles, halo included. In smaller ones than the first, VGG-19's halo of 160 pixels would cost too much."""

_MOST_KEPT = 32
"""Tiles that are kept between the passes; where there is room for more, larger ones fit."""

_STEP = 16
"""Pixels between the sizes that are proposed: the stride of VGG's last block, so that pooling cuts nothing off."""

_SAMPLE = 4
"""Bytes of a float32, in which everything is computed."""

_KEPT = {"full": 1.0, "bf16": 0.5, "disk": 0.0}
"""How much of its vectors L-BFGS keeps in memory."""

_SPECTRUM = 1.5
"""Vectors that the spectrum of one plane takes, with what is made of it and the octaves of its frequencies."""

_VECTORS = 5
"""As large as the picture, what L-BFGS holds at its peak beside its pairs and what a closure takes: the point, its
gradient, the direction, the best point, and one more while it searches."""

_CODE = 150 * 2**20
"""Bytes that come in beside the tensors: program, buffers of the kernels, gaps between small tensors. Measured on the
CPU with VGG-19, one thread, 256 and 512 pixels, 10 and 100 pairs: predictions are then 1 to 5 % above the peak."""

_SHARE = {"cpu": 1.05}
"""What allocators and kernels take on top, as a factor; on the CPU measured likewise."""

_SHARE_OF_ACCELERATORS = 1.25
"""The same elsewhere, an estimate: caching allocators round up, and kernels take workspaces."""


@dataclass(frozen=True)
class MemoryEstimator:
    """The memory that paintings of some pictures need on a device, beyond what is held."""

    sizes: InputSizes
    encoder: Encoder
    device: torch.device

    def __call__(self, options: RecipeOptions, tiling: Tiling | None = None, level: int = -1) -> int:
        """Bytes. Raises: NotAdditiveError: a loss that cannot be looked at in tiles."""
        tensors = peak_memory(options, self.sizes, self._bare, level, tiling)
        return subtract_reserve(tensors + self._weights(), self.device)

    @cached_property
    def _bare(self) -> Encoder:
        return to_meta(self.encoder)

    def _weights(self) -> int:
        """On the CPU the network is there already."""
        return 0 if self.device.type == "cpu" else sum(one.nbytes for one in self.encoder.parameters())

    def choose_tiling(self, options: RecipeOptions, budget: int) -> Tiling | None:
        """The largest tiles that fit, and as much of them kept as fits; the smallest, where none fit.

        Row after row, larger parts than are needed for as few strips are worth less than what is kept in their place.
        None: tiles would not help, because the pictures are small, or a loss is no sum over positions.
        """
        sides = [side for side in SIDES if side < self.longest_side(options)]
        try:
            side = self.largest_fitting_side(options, sides, budget)
        except NotAdditiveError:
            return None
        if side is None:
            return Tiling(sides[0]) if sides else None
        looking = _looking(options, self.encoder, levels_of(options, self.sizes.content)[-1].size)
        side = min(one for one in sides if one <= side and looking.strips(one) == looking.strips(side))
        return Tiling(
            side,
            1
            + bisect_right(
                range(2, looking.most(side) + 1), budget, key=lambda kept: self(options, Tiling(side, kept))
            ),
        )

    def longest_side(self, options: RecipeOptions) -> int:
        """Pixels of the longest side of what the network is shown at the finest level."""
        finest = levels_of(options, self.sizes.content)[-1].size
        return max(max(size) for size in encoded_sizes(options, self.sizes, finest).values())

    def largest_fitting_side(self, options: RecipeOptions, sides: Sequence[int], budget: int) -> int | None:
        """The largest of some growing sides of tiles that fits; None: none does.

        Raises: NotAdditiveError: a loss that cannot be looked at in tiles.
        """
        count = bisect_right(sides, budget, key=lambda side: self(options, Tiling(side)))
        return sides[count - 1] if count else None

    def minimum_memory(self, options: RecipeOptions) -> int:
        """Bytes in the smallest tiles; at once, where tiles cannot be."""
        try:
            return self(options, Tiling(SIDES[0]))
        except NotAdditiveError:
            return self(options)

    def max_size(self, options: RecipeOptions, canvas: Size, budget: int) -> int:
        """The largest size below the present one that fits; 0: none does."""
        smaller = (
            (size, with_size(options, size, canvas))
            for size in range(SMALLEST_SIDE, option_size(options, canvas), _STEP)
        )
        candidates = [(size, one) for size, one in smaller if is_encodable(one, self.sizes, self.encoder)]
        fitting = bisect_right(candidates, budget, key=lambda candidate: self.minimum_memory(candidate[1]))
        return candidates[fitting - 1][0] if fitting else 0


def relative_cost(options: RecipeOptions, encoder: Encoder, size: Size, tiling: Tiling | None) -> float:
    """How many times as long as at once a closure takes."""
    return 1.0 if tiling is None else _looking(options, encoder, size).work(tiling)


class _Looking(NamedTuple):
    """How a picture is looked at that does not fit."""

    layout: TileLayout
    streams: bool
    """Row after row; else in tiles."""

    def _strips(self, side: int) -> list[Strip]:
        return split_strips(self.layout, Window.whole(self.layout.image), side**2)

    def strips(self, side: int) -> int:
        """How many strips are looked at one after the other; of tiles, those of each size count as others."""
        return len(self._strips(side)) if self.streams else side

    def most(self, side: int) -> int:
        """The largest number of `Tiling.kept` that means anything."""
        if not self.streams:
            return min(_MOST_KEPT, len(self.layout.tiles(side)))
        return 1 + count_passes(self._strips(side))

    def work(self, tiling: Tiling) -> float:
        if not self.streams:
            return self.layout.relative_cost(*tiling)
        return work_of(self._strips(tiling.side), tiling.kept - 1)


def _looking(options: RecipeOptions, encoder: Encoder, size: Size) -> _Looking:
    read = encoded_layers(options)
    return _Looking(TileLayout.of(encoder, dict.fromkeys(read, 0), size), bool(encoder.native_steps(read)))


def halve_tiling(tiling: Tiling | None, canvas: Size) -> Tiling | None:
    """A tiling that takes about half the memory, for a picture of a size; None: there is none."""
    if tiling is not None and tiling.kept > 1:
        return Tiling(tiling.side, tiling.kept // 2)
    side = min(max(canvas), tiling.side) if tiling else sqrt(canvas.area)
    smaller = [one for one in SIDES if one <= side / sqrt(2)]
    return Tiling(smaller[-1]) if smaller else None


def peak_memory(
    options: RecipeOptions, sizes: InputSizes, encoder: Encoder, level: int = -1, tiling: Tiling | None = None
) -> int:
    """Peak bytes at a level: the pictures, the targets, one closure at once or in tiles, and the optimizer's memory.

    The last level has the highest peak. `encoder` lies on `meta` (see `to_meta`).
    """
    levels = schedule(options, sizes.content)
    index = range(len(levels))[level]
    here, iterations = levels[index].size, list(accumulate(one.iterations for one in levels))[index]
    styles, init = tuple(map(_picture, sizes.styles)), _picture(levels[0].size)
    regions = tuple(
        StyleRegion(_picture(own)[0, :1], _picture(other)[0, :1], whose) for own, other, whose in sizes.regions
    )
    images = RecipeInputs(_picture(sizes.content), styles, init, regions)
    held = sum(image.nbytes for image in (images.content, *images.styles))
    return (
        held
        + _closure_bytes(options, images, encoder, index, here, tiling)
        + optimizer_memory(options, here, iterations)
    )


def optimizer_memory(options: RecipeOptions, size: Size, iterations: int, *, full: bool = False) -> int:
    """Bytes that the optimizer of the options takes at a size after so many closures; `full`: in a checkpoint, which
    has its vectors wherever they are kept."""
    point = 3 * size.area * _SAMPLE
    if isinstance(options, MDANOptions) or options.optimizer == "adam":
        return optimizer_memory_for(point, iterations, None)
    kept = 1.0 if full else _KEPT[options.history_storage]
    spectrum = _SPECTRUM * point if options.preconditioner == "frequency" else 0
    return optimizer_memory_for(point, iterations, options.history, kept) + round(spectrum)


def _closure_bytes(
    options: RecipeOptions, images: RecipeInputs, encoder: Encoder, index: int, size: Size, tiling: Tiling | None
) -> int:
    """What the first closure of a level takes, and its targets before that."""
    here, saved = _picture(size), None
    if not isinstance(options, MDANOptions):  # which has one level, and whose optimizer lies with its paintings
        saved = ResumeState(index, 0, {**make_optimizer(options).state(), "point": here, "shown": here})
    with MemoryMeter() as meter:
        next(run_recipe(options, images, encoder=encoder, resume=saved, partition=FullImage(tiling)))
    return int(meter.peak)


def _picture(size: Size) -> Image:
    return torch.empty(1, 3, *size, device=META)


def optimizer_memory_for(point: int, iterations: int, history: int | None, kept: float = 1.0) -> int:
    """What an optimizer takes for a point of so many bytes, after so many closures.

    L-BFGS (`history` pairs at most) keeps two vectors a pair, at a share `kept` of their size. Adam (None) keeps two
    means, and another two while it replaces them.
    """
    vectors = 4 if history is None else 2 * min(history, iterations) * kept
    return round(point * (vectors + _VECTORS))


def subtract_reserve(tensors: int, device: torch.device) -> int:
    """Bytes to be had for tensors of so many bytes."""
    return _CODE + round(tensors * _SHARE.get(device.type, _SHARE_OF_ACCELERATORS))
