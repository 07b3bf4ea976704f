"""From files of paintings to a lesson of a texture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from brushwork.recipes.seeing import encoder_for
from brushwork.training.style_school import read_paintings
from brushwork.training.texture_lesson import TextureLesson
from brushwork.training.texture_options import TextureTraining
from brushwork.training.texture_patch import patch_of
from brushwork.types import Image


def read_patches(styles: Sequence[Path], patch: str) -> list[Image]:
    """The pictures, or the same part of each. Raises: InputError."""
    return [patch_of(picture, patch) for picture in read_paintings(styles)]


def texture_lesson(paintings: Sequence[Image], options: TextureTraining, device: torch.device) -> TextureLesson:
    """A lesson of one texture on a device.

    Raises: InputError: paintings or options that cannot be used. WeightsError.
    """
    return TextureLesson([one.to(device) for one in paintings], options, encoder_for(options, device))
