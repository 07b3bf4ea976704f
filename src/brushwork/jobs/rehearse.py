"""A rehearsal: a recipe goes through the motions on `meta`, at full size and without computing anything."""

from __future__ import annotations

from itertools import accumulate

import torch

from brushwork.evaluate.meter import META, Meter
from brushwork.evaluate.plan import optimizer_bytes
from brushwork.evaluate.tiled import Tiling
from brushwork.jobs.inputs import Sizes
from brushwork.perception import Encoder
from brushwork.picture import Size
from brushwork.recipes import Mdan, Options, Pictures, Region, Saved, plan, run
from brushwork.recipes.coarse_to_fine import optimizer_of
from brushwork.recipes.share import Alone
from brushwork.types import Image

_SAMPLE = 4
"""Bytes of a float32, in which everything is computed."""

_KEPT = {"full": 1.0, "half": 0.5, "disk": 0.0}
"""How much of its vectors L-BFGS keeps in memory."""

_SPECTRUM = 1.5
"""Vectors that the spectrum of one plane takes, with what is made of it and the octaves of its frequencies."""


def peak(options: Options, sizes: Sizes, encoder: Encoder, level: int = -1, tiling: Tiling | None = None) -> int:
    """Peak bytes at a level: the pictures, the targets, one closure at once or in tiles, and the optimizer's memory.

    The last level has the highest peak. `encoder` lies on `meta` (see `on_meta`).
    """
    levels = plan(options, sizes.content)
    index = range(len(levels))[level]
    here, closures = levels[index].size, list(accumulate(one.closures for one in levels))[index]
    paintings, start = tuple(map(_picture, sizes.paintings)), _picture(levels[0].size)
    regions = tuple(Region(_picture(own)[0, :1], _picture(other)[0, :1], whose) for own, other, whose in sizes.regions)
    pictures = Pictures(_picture(sizes.content), paintings, start, regions)
    held = sum(picture.nbytes for picture in (pictures.content, *pictures.paintings))
    return (
        held
        + _closure_bytes(options, pictures, encoder, index, here, tiling)
        + optimizer_memory(options, here, closures)
    )


def optimizer_memory(options: Options, size: Size, closures: int, *, in_full: bool = False) -> int:
    """Bytes that the optimizer of the options takes at a size after so many closures; `in_full`: in a checkpoint, which
    has its vectors wherever they are kept."""
    point = 3 * size.area * _SAMPLE
    if isinstance(options, Mdan) or options.optimizer == "adam":
        return optimizer_bytes(point, closures, None)
    kept = 1.0 if in_full else _KEPT[options.history_storage]
    spectrum = _SPECTRUM * point if options.preconditioner == "frequency" else 0
    return optimizer_bytes(point, closures, options.history, kept) + round(spectrum)


def _closure_bytes(
    options: Options, pictures: Pictures, encoder: Encoder, index: int, size: Size, tiling: Tiling | None
) -> int:
    """What the first closure of a level takes, and its targets before that."""
    here, saved = _picture(size), None
    if not isinstance(options, Mdan):  # which has one level, and whose optimizer lies with its paintings
        saved = Saved(index, 0, {**optimizer_of(options).state(), "point": here, "shown": here})
    with Meter() as meter:
        next(run(options, pictures, encoder=encoder, saved=saved, share=Alone(tiling)))
    return int(meter.peak)


def _picture(size: Size) -> Image:
    return torch.empty(1, 3, *size, device=META)
