"""From files of paintings to a lesson of a texture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from brushwork.recipes.seeing import load_encoder_for
from brushwork.training.style_school import read_styles
from brushwork.training.texture_lesson import TextureNetTask
from brushwork.training.texture_options import TextureNetTrainingOptions
from brushwork.training.texture_patch import crop_patch
from brushwork.types import Image


def read_patches(styles: Sequence[Path], patch: str) -> list[Image]:
    """The pictures, or the same part of each. Raises: InputError."""
    return [crop_patch(image, patch) for image in read_styles(styles)]


def make_texture_net_task(
    styles: Sequence[Image], options: TextureNetTrainingOptions, device: torch.device
) -> TextureNetTask:
    """A lesson of one texture on a device.

    Raises: InputError: paintings or options that cannot be used. WeightsError.
    """
    return TextureNetTask([one.to(device) for one in styles], options, load_encoder_for(options, device))
