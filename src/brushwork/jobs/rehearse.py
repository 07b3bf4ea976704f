"""A rehearsal: a recipe goes through the motions on `meta`, at full size and without computing anything."""

from __future__ import annotations

from itertools import accumulate

import torch

from brushwork.evaluate.meter import META, MemoryMeter
from brushwork.evaluate.plan import optimizer_memory_for
from brushwork.evaluate.tiled import Tiling
from brushwork.jobs.inputs import InputSizes
from brushwork.perception import Encoder
from brushwork.picture import Size
from brushwork.recipes import MDANOptions, RecipeInputs, RecipeOptions, ResumeState, StyleRegion, run_recipe, schedule
from brushwork.recipes.coarse_to_fine import make_optimizer
from brushwork.recipes.share import FullImage
from brushwork.types import Image

_SAMPLE = 4
"""Bytes of a float32, in which everything is computed."""

_KEPT = {"full": 1.0, "bf16": 0.5, "disk": 0.0}
"""How much of its vectors L-BFGS keeps in memory."""

_SPECTRUM = 1.5
"""Vectors that the spectrum of one plane takes, with what is made of it and the octaves of its frequencies."""


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
