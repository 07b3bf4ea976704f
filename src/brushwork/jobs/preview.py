"""Paintings that start from what is painted at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import torch

from brushwork.fast.instant import FASTEST, AdaINOptions
from brushwork.jobs.inputs import JobInputs
from brushwork.jobs.job import OptimizationJob
from brushwork.perception.engines import Engine
from brushwork.picture import LoadedImage
from brushwork.recipes import ScheduleLevel, TransferOptions
from brushwork.recipes.coloring import prepare_colors
from brushwork.recipes.start import add_noise
from brushwork.types import Image


def with_adain_init(
    job: OptimizationJob, inputs: JobInputs, levels: Sequence[ScheduleLevel], device: torch.device, engine: Engine
) -> JobInputs:
    """The same inputs, with the picture to start from where the options want it painted at once.

    Raises: WeightsError: the decoder is not there. InputError: pictures that cannot be painted from.
    """
    if job.init is not None or not isinstance(job.options, TransferOptions) or job.options.init != "instant":
        return inputs
    init = make_preview(replace(job.options, engine=engine), inputs, levels, device).cpu()
    return inputs._replace(init=LoadedImage(init, None, (), inputs.content.bits, "what was painted at once"))


def make_preview(
    options: TransferOptions, inputs: JobInputs, levels: Sequence[ScheduleLevel], device: torch.device
) -> Image:
    """What a transfer is to paint, painted at once: at its first size, grainy as a photograph to start from, and in
    the colors that the network is to see."""
    size, finest = levels[0].size, levels[-1].size
    shared = {
        field.name: getattr(options, field.name) for field in fields(AdaINOptions) if hasattr(options, field.name)
    }
    at_once = replace(AdaINOptions(**shared), feather=options.feather * max(size) / max(finest))
    images = inputs.to_device(device)
    content, styles = prepare_colors(options, images.content, images.styles)
    shown = images._replace(content=content, styles=tuple(styles))
    *_, last = at_once.load_stylizer(device).stylize(shown, size, FASTEST)
    assert last.image is not None
    return add_noise(last.image, options.init_noise, torch.Generator().manual_seed(options.seed), options.encoder_scale)
