"""Paintings that start from what is painted at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import torch

from brushwork.fast.instant import FASTEST, Instant
from brushwork.jobs.inputs import Inputs
from brushwork.jobs.job import Job
from brushwork.perception.engines import Engine
from brushwork.picture import Picture
from brushwork.recipes import Level, Transfer
from brushwork.recipes.coloring import recolored
from brushwork.recipes.start import noisy
from brushwork.types import Image


def started_at_once(job: Job, inputs: Inputs, levels: Sequence[Level], device: torch.device, engine: Engine) -> Inputs:
    """The same inputs, with the picture to start from where the options want it painted at once.

    Raises: WeightsError: the decoder is not there. InputError: pictures that cannot be painted from.
    """
    if job.start is not None or not isinstance(job.options, Transfer) or job.options.start != "instant":
        return inputs
    start = preview(replace(job.options, engine=engine), inputs, levels, device).cpu()
    return inputs._replace(start=Picture(start, None, (), inputs.content.bits, "what was painted at once"))


def preview(options: Transfer, inputs: Inputs, levels: Sequence[Level], device: torch.device) -> Image:
    """What a transfer is to paint, painted at once: at its first size, grainy as a photograph to start from, and in
    the colors that the network is to see."""
    size, finest = levels[0].size, levels[-1].size
    shared = {field.name: getattr(options, field.name) for field in fields(Instant) if hasattr(options, field.name)}
    at_once = replace(Instant(**shared), feather=options.feather * max(size) / max(finest))
    pictures = inputs.on(device)
    content, paintings = recolored(options, pictures.content, pictures.paintings)
    shown = pictures._replace(content=content, paintings=tuple(paintings))
    *_, last = at_once.brush(device).paint(shown, size, FASTEST)
    assert last.picture is not None
    return noisy(last.picture, options.grain, torch.Generator().manual_seed(options.seed), options.white)
