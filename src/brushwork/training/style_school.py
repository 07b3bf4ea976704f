"""From files of paintings to a lesson of one style, and how it is taught."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import torch

from brushwork.errors import InputError
from brushwork.fast.johnson import JohnsonConfig
from brushwork.fast.painter import StyleModel
from brushwork.picture import read_image
from brushwork.picture.encode import encode_image
from brushwork.picture.formats import format_of
from brushwork.picture.levels import quantize
from brushwork.picture.resample import resize
from brushwork.picture.window import Size
from brushwork.recipes.seeing import load_encoder_for
from brushwork.training.style_lesson import PAINTER, JohnsonTask
from brushwork.training.style_options import JohnsonTrainingOptions
from brushwork.types import Image

THUMBNAIL = 160
"""Pixels of a thumbnail's height."""

_QUALITY = 85


def make_johnson_task(
    styles: Sequence[Image], options: JohnsonTrainingOptions, device: torch.device, start: StyleModel | None = None
) -> JohnsonTask:
    """A lesson of one style on a device; the painter begins as `start`, which knows another style, or from nothing.

    Raises: InputError: paintings or options that cannot be used; another kind of painter. WeightsError.
    """
    task = JohnsonTask([one.to(device) for one in styles], options, load_encoder_for(options, device))
    if start is not None:
        task.networks[PAINTER].load_state_dict(start.network.state_dict())
    return task


def with_model_architecture(
    options: JohnsonTrainingOptions, start: StyleModel, given: Sequence[str]
) -> JohnsonTrainingOptions:
    """The options with the architecture of a painter that goes on learning.

    Raises: InputError: it is no Johnson network, or other settings of the architecture were `given`.
    """
    if not isinstance(start.config, JohnsonConfig):
        raise InputError(f"{start.name} is a painter of another kind ({start.architecture}): begin from a johnson one.")
    own = {field.name: getattr(start.config, field.name) for field in fields(JohnsonConfig)}
    for name in own.keys() & set(given):
        if getattr(options, name) != own[name]:
            raise InputError(f"{name} is {getattr(options, name)}, and {start.name} has {own[name]}: leave it away.")
    return replace(options, **own)


def read_styles(styles: Sequence[Path]) -> list[Image]:
    """The paintings. Raises: InputError."""
    return [read_image(one).image for one in styles]


def make_thumbnail(images: Sequence[Image]) -> bytes:
    """The pictures side by side and small, as a JPEG file."""
    small = [resize(one, _at_height(Size.of(one), THUMBNAIL), clamp=True) for one in images]
    side_by_side = torch.cat([one.cpu() for one in small], dim=-1)
    format = format_of("thumbnail.jpg")
    return encode_image(quantize(side_by_side, 8, over_white=True), format, metadata=None, quality=_QUALITY)


def _at_height(size: Size, height: int) -> Size:
    return Size(height, max(1, round(size.width * height / size.height)))
