"""Estimate the memory of a job by running one evaluation on torch's meta device."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import sqrt
from typing import NamedTuple

import torch

from brushwork.controls import RecipeInputs, StyleRegion
from brushwork.devices.meter import META, MemoryMeter, to_meta
from brushwork.encoders import Encoder
from brushwork.errors import NotAdditiveError
from brushwork.gradients.partition import FullImage
from brushwork.gradients.strips import Strip, count_passes, split_strips, strip_cost
from brushwork.gradients.tile_layout import TileLayout
from brushwork.gradients.tiled import Tiling
from brushwork.images import Size
from brushwork.images.geometry import Window
from brushwork.jobs.image_sizes import InputSizes, encoded_sizes, is_encodable
from brushwork.options import ScheduleLevel
from brushwork.recipes import RecipeOptions, ResumeState
from brushwork.recipes.optimizers import make_optimizer
from brushwork.types import Image

SIDES = (384, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048, 2560, 3072, 3584, 4096, 5120, 6144, 8192)
"""Tile sides in pixels, halo included. Below the first, VGG-19's halo of 160 pixels would cost too much."""

_MOST_KEPT = 32
"""Most tiles cached between the two passes; where more would fit, larger tiles fit."""

_AMPLE = 2**14
"""Bytes per pixel, about four times what VGG-19 takes. Where this much is free, no estimate is needed."""

_SAMPLE = 4
"""Bytes of a float32, the dtype of all computation."""

_KEPT = {"full": 1.0, "bf16": 0.5, "disk": 0.0}
"""Fraction of its vectors that L-BFGS keeps in memory."""

_SPECTRUM = 1.5
"""Vectors that the spectrum of one channel takes, with what is computed from it and the octaves of its frequencies."""

_VECTORS = 5
"""Image-sized vectors that L-BFGS holds at its peak beside its pairs and the evaluation's tensors: the point, its
gradient, the direction, the best point, and one more during the line search."""

_CODE = 150 * 2**20
"""Bytes beyond the tensors: code, kernel buffers, gaps between small tensors. Measured on the
CPU with VGG-19, one thread, 256 and 512 pixels, 10 and 100 pairs: predictions are then 1 to 5 % above the peak."""

_SHARE = {"cpu": 1.05}
"""Overhead of allocators and kernels, as a factor; the CPU's was measured in the same way."""

_SHARE_OF_ACCELERATORS = 1.25
"""The same for other devices, an estimate: caching allocators round up, and kernels need workspaces."""


@dataclass(frozen=True)
class MemoryEstimator:
    """Estimates the memory that a job needs on a device, beyond what is already allocated."""

    sizes: InputSizes
    encoder: Encoder
    device: torch.device

    def __call__(self, options: RecipeOptions, tiling: Tiling | None = None, level: int = -1) -> int:
        """Return the bytes needed. Raises: NotAdditiveError: a loss cannot be computed in tiles."""
        return subtract_reserve(self._tensors(options, tiling, level) + self._weights(), self.device)

    @cached_property
    def _tensors(self) -> Callable[[RecipeOptions, Tiling | None, int], int]:
        """The bytes of the tensors by options, tiling and level, each measured once: a measurement takes a second."""
        return cache(lambda options, tiling, level: peak_memory(options, self.sizes, self._bare, level, tiling))

    @cached_property
    def _bare(self) -> Encoder:
        return to_meta(self.encoder)

    def _weights(self) -> int:
        """Return the bytes of the weights; 0 on the CPU, where they are already in memory."""
        return 0 if self.device.type == "cpu" else sum(one.nbytes for one in self.encoder.parameters())

    def is_ample(self, options: RecipeOptions, levels: Sequence[ScheduleLevel], budget: int) -> bool:
        """Return whether the budget is certainly enough without tiles."""
        encoded = encoded_sizes(options, self.sizes, levels[-1].size).values()
        return _AMPLE * max(size.area for size in encoded) + optimizer_memory(options, levels) <= budget

    def is_usable(self, options: RecipeOptions) -> bool:
        """Return whether every image is large enough for the deepest layer at the coarsest level."""
        return is_encodable(options, self.sizes, self.encoder)

    def choose_tiling(self, options: RecipeOptions, budget: int) -> Tiling | None:
        """Return no tiles, where that fits; else the tiles of `largest_tiling`."""
        return None if self(options) <= budget else self.largest_tiling(options, budget)

    def largest_tiling(self, options: RecipeOptions, budget: int) -> Tiling | None:
        """Return the largest tiles that fit, with as many cached as fit; the smallest tiles, where none fit.

        Where rows are streamed, a side larger than needed for the same number of strips is worth less than caching.
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
        """Return the bytes needed with the smallest tiles; without tiles, where a loss does not allow them."""
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
    """Return a tiling that takes about half the memory, for an image of a size; None: there is none."""
    if tiling is not None and tiling.kept > 1:
        return Tiling(tiling.side, tiling.kept // 2)
    side = min(max(canvas), tiling.side) if tiling else sqrt(canvas.area)
    smaller = [one for one in SIDES if one <= side / sqrt(2)]
    return Tiling(smaller[-1]) if smaller else None


def peak_memory(
    options: RecipeOptions, sizes: InputSizes, encoder: Encoder, level: int = -1, tiling: Tiling | None = None
) -> int:
    """Return the peak bytes at a level: images, targets, one evaluation with or without tiles, and the optimizer state.

    The last level has the highest peak. `encoder` is on `meta` (see `to_meta`).
    """
    levels = options.schedule(sizes.content)
    index = range(len(levels))[level]
    here = levels[index].size
    images = make_meta_inputs(sizes)._replace(init=_meta_image(levels[0].size))
    held = sum(image.nbytes for image in (images.content, *images.styles))
    return (
        held
        + _evaluation_bytes(options, images, encoder, index, here, tiling)
        + optimizer_memory(options, levels[: index + 1])
    )


def optimizer_memory(options: RecipeOptions, levels: Sequence[ScheduleLevel], *, full: bool = False) -> int:
    """Return the bytes of the optimizer state at the end of the last of these levels.

    `full`: in a checkpoint, which holds all vectors wherever they are stored.
    """
    size, iterations = levels[-1].size, sum(level.iterations for level in levels)
    point, optimizer = 3 * size.area * _SAMPLE, options.optimizer_options
    if optimizer is not None and optimizer.optimizer == "sgd":
        return optimizer_memory_for(point, iterations, 0)
    if optimizer is None or optimizer.optimizer == "adam":
        return optimizer_memory_for(point, iterations, None)
    kept = 1.0 if full else _KEPT[optimizer.history_storage]
    spectrum = _SPECTRUM * point if optimizer.preconditioner == "frequency" else 0
    return optimizer_memory_for(point, iterations, optimizer.at_level(len(levels) - 1).history, kept) + round(spectrum)


def _evaluation_bytes(
    options: RecipeOptions, images: RecipeInputs, encoder: Encoder, index: int, size: Size, tiling: Tiling | None
) -> int:
    """Return the peak bytes of a level's first evaluation and of the targets computed before it."""
    here, saved = _meta_image(size), None
    if options.optimizer_options is not None:
        state = make_optimizer(options.optimizer_options.at_level(index)).state()
        saved = ResumeState(index, 0, {**state, "point": here, "shown": here})
    with MemoryMeter() as meter:
        next(options.run(images, encoder=encoder, resume=saved, partition=FullImage(tiling)))
    return int(meter.peak)


def make_meta_inputs(sizes: InputSizes) -> RecipeInputs:
    """Return images of these sizes on torch's meta device."""
    regions = tuple(
        StyleRegion(_meta_image(own)[0, :1], _meta_image(other)[0, :1], whose) for own, other, whose in sizes.regions
    )
    return RecipeInputs(_meta_image(sizes.content), tuple(map(_meta_image, sizes.styles)), None, regions)


def _meta_image(size: Size) -> Image:
    return torch.empty(1, 3, *size, device=META)


def optimizer_memory_for(point: int, iterations: int, history: int | None, kept: float = 1.0) -> int:
    """Return the bytes that an optimizer takes for a point of `point` bytes after `iterations`.

    L-BFGS (at most `history` pairs) keeps two vectors per pair, at a fraction `kept` of their size; gradient descent
    (0 pairs) keeps none. Adam (None) keeps two moments, and another two while it replaces them.
    """
    vectors = 4 if history is None else 2 * min(history, iterations) * kept
    return round(point * (vectors + _VECTORS))


def subtract_reserve(tensors: int, device: torch.device) -> int:
    """Return the bytes to reserve for tensors of that many bytes: code and allocator overhead included."""
    return _CODE + round(tensors * _SHARE.get(device.type, _SHARE_OF_ACCELERATORS))
