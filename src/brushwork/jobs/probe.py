"""How fast this machine is: a few closures at a small size."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from time import perf_counter

import torch

from brushwork.errors import DivergedError
from brushwork.jobs.scaled import with_size
from brushwork.perception import Encoder
from brushwork.picture import Size
from brushwork.recipes import RecipeInputs, RecipeOptions, TextureOptions, run_recipe
from brushwork.recipes.recipe import with_single_level

_SIDE = 160
"""Pixels. Smaller, the overhead of each call counts too much; larger, the probe takes long."""

_SIDE_OF_ACCELERATOR = 512
"""Pixels. Accelerators are not busy below."""

_LARGER = 1.1
"""Pixels of larger pictures take so many times as long: they leave the caches. Measured on the CPU, 160 and 512."""

_CLOSURES = 4
"""The first is for warming up."""


def measure_speed(options: RecipeOptions, styles: int, encoder: Encoder, device: torch.device) -> float | None:
    """Seconds per closure and pixel; None where nothing could be measured. The encoder lies on the device."""
    side = _SIDE if device.type == "cpu" else _SIDE_OF_ACCELERATOR
    # Three different pictures, or there would be nothing to do from the start.
    content, style, init = torch.rand(3, 1, 3, side, side, generator=torch.Generator().manual_seed(0)).to(device)
    images = RecipeInputs(content, (style,) * styles, init)
    times = []
    with suppress(DivergedError):
        for progress in run_recipe(_small(options, side), images, encoder=encoder):
            times.append((progress.iterations, perf_counter()))
    if len(times) < 2:
        return None
    (iterations, begin), (all_spent, end) = times[0], times[-1]
    return _LARGER * (end - begin) / (all_spent - iterations) / side**2


def _small(options: RecipeOptions, side: int) -> RecipeOptions:
    short = with_single_level(options, _CLOSURES)
    if isinstance(short, TextureOptions):
        short = replace(short, picture_size=side)
    return with_size(short, side, Size(side, side))
