"""Memory of a run: what one evaluation at the full size takes, and what the optimizer holds at the end."""

from __future__ import annotations

import torch

from brushwork.controls import RecipeInputs
from brushwork.devices.meter import META, MemoryMeter, to_meta
from brushwork.images import Size
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes import Progress, ResumeState, TransferOptions
from brushwork.recipes.optimizers import make_optimizer
from brushwork.types import Image

MEGABYTE = 1e6


def peak_megabytes(options: TransferOptions, images: RecipeInputs, last: Progress) -> float:
    """Return the tensors that a run held at most in MB, network and images included, without running it again.

    `last` is its last step, with the optimizer's memory. The network has no layers that are not needed, as in a job.
    """
    held = sum(tensor.nbytes for tensor in last.optimizer.state().values() if tensor.ndim)
    encoder = load_encoder_for(options, "cpu")
    encoder.truncate(options.encoded_layers)
    weights = sum(tensor.nbytes for tensor in encoder.state_dict().values())
    index = len(last.levels) - 1
    here = torch.empty(1, 3, *last.levels[-1].size, device=META)
    begun = make_optimizer(options.at_level(index)).state()
    saved = ResumeState(index, 0, {**begun, "point": here, "shown": here})
    shown = RecipeInputs(_like(images.content), tuple(_like(style) for style in images.styles))
    bare = to_meta(encoder)  # its weights are counted already
    with MemoryMeter() as meter:
        next(options.run(shown, encoder=bare, resume=saved))
    return float(held + weights + meter.peak) / MEGABYTE


def _like(image: object) -> Image:
    """Return an image of the same size on `meta`."""
    assert isinstance(image, torch.Tensor)
    return torch.empty(1, 3, *Size.of(image), device=META)
