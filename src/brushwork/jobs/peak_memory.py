"""Peak memory of a job: one evaluation, run on torch's meta device, and what the optimizer holds."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from brushwork.controls import RecipeInputs, StyleRegion
from brushwork.devices.meter import META, MemoryMeter
from brushwork.encoders import Encoder
from brushwork.gradients.partition import FullImage
from brushwork.gradients.tiled import Tiling
from brushwork.images import Size
from brushwork.jobs.image_sizes import InputSizes
from brushwork.options import ScheduleLevel
from brushwork.recipes import RecipeOptions, ResumeState
from brushwork.recipes.optimizers import make_optimizer
from brushwork.types import Image

_SAMPLE = 4
"""Bytes of a float32, the dtype of all computation."""

_KEPT = {"full": 1.0, "bf16": 0.5, "disk": 0.0}
"""Fraction of its vectors that L-BFGS keeps in memory."""

_SPECTRUM = 1.5
"""Vectors that one channel's spectrum takes, with the values computed from it and the octaves of its frequencies."""

_VECTORS = 5
"""Image-sized vectors that L-BFGS holds at its peak besides its pairs and the evaluation's tensors: the point, its
gradient, the direction, the best point, and one more during the line search."""

_CODE = 150 * 2**20
"""Bytes beyond the tensors: code, kernel buffers, gaps between small tensors. Measured on the
CPU with VGG-19, one thread, 256 and 512 pixels, 10 and 100 pairs: predictions are then 1 to 5 % above the peak."""

_SHARE = {"cpu": 1.05}
"""Overhead of allocators and kernels, as a factor; the CPU's was measured in the same way."""

_SHARE_OF_ACCELERATORS = 1.25
"""The same for other devices, an estimate: caching allocators round up, and kernels need workspaces."""


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
        + evaluation_bytes(options, images, encoder, index, here, tiling)
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


def evaluation_bytes(
    options: RecipeOptions, images: RecipeInputs, encoder: Encoder, index: int, size: Size, tiling: Tiling | None = None
) -> int:
    """Return the peak bytes of a level's first evaluation and of the targets computed before it.

    `images` and `encoder` are on `meta`; `index` and `size`: the level's. Its inputs and its optimizer are not counted.
    """
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


def add_reserve(tensors: int, device: torch.device) -> int:
    """Return the bytes to reserve for tensors of that many bytes: code and allocator overhead included."""
    return _CODE + round(tensors * _SHARE.get(device.type, _SHARE_OF_ACCELERATORS))
