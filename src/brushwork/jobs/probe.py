"""How fast this machine is: a few closures at a small size."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import torch

from brushwork.jobs.scaled import scaled
from brushwork.perception import Encoder
from brushwork.picture import Size
from brushwork.recipes import Options, Pictures, Texture, run

_SIDE = 160
"""Pixels. Smaller, the overhead of each call counts too much; larger, the probe takes long."""

_SIDE_OF_ACCELERATOR = 512
"""Pixels. Accelerators are not busy below."""

_CLOSURES = 4
"""The first is for warming up."""


def probe(options: Options, paintings: int, encoder: Encoder, device: torch.device) -> float:
    """Seconds per closure and pixel. The encoder lies on the device."""
    side = _SIDE if device.type == "cpu" else _SIDE_OF_ACCELERATOR
    picture = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0)).to(device)
    steps = run(_small(options, side), Pictures(picture, (picture,) * paintings), encoder=encoder)
    times = [(progress.spent, perf_counter()) for progress in steps]
    (spent, begin), (all_spent, end) = times[0], times[-1]
    return (end - begin) / max(1, all_spent - spent) / side**2


def _small(options: Options, side: int) -> Options:
    short = replace(options, coarsest=0, iterations=_CLOSURES)
    if isinstance(short, Texture):
        short = replace(short, picture_size=side)
    return scaled(short, side, Size(side, side))
