"""From files of paintings to a lesson of a texture, and how it is taught."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from brushwork.recipes.seeing import encoder_for
from brushwork.training.style_school import digest_of, digest_of_names, read_paintings
from brushwork.training.texture_lesson import TextureLesson
from brushwork.training.texture_options import TextureTraining
from brushwork.training.texture_patch import patch_of
from brushwork.types import Image

_MACHINE = ("engine", "replay")
"""Options that change nothing of what is learned but rounding."""


def read_patches(styles: Sequence[Path], patch: str) -> list[Image]:
    """The pictures, or the same part of each. Raises: InputError."""
    return [patch_of(picture, patch) for picture in read_paintings(styles)]


def texture_lesson(paintings: Sequence[Image], options: TextureTraining, device: torch.device) -> TextureLesson:
    """A lesson of one texture on a device.

    Raises: InputError: paintings or options that cannot be used. WeightsError.
    """
    return TextureLesson([one.to(device) for one in paintings], options, encoder_for(options, device))


def about_texture(styles: Sequence[Path], photographs: Path | None, options: TextureTraining) -> dict[str, Any]:
    """What is learned, and how, for JSON: no paths of this machine.

    Raises: InputError: a file or a folder that is not there.
    """
    return {
        "family": "texture",
        "styles": [{"name": one.name, "sha256": digest_of(one)} for one in styles],
        "photographs_sha256": None if photographs is None else digest_of_names(photographs),
        "options": {name: value for name, value in asdict(options).items() if name not in _MACHINE},
    }
