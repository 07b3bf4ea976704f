"""From files of paintings to a lesson of one style, and how it is taught."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import torch

from brushwork.errors import InputError
from brushwork.fast.johnson import Johnson
from brushwork.fast.painter import Painter
from brushwork.picture import read_picture
from brushwork.picture.encode import encoded
from brushwork.picture.formats import format_of
from brushwork.picture.levels import levels
from brushwork.picture.resample import resize
from brushwork.picture.window import Size
from brushwork.recipes.seeing import encoder_for
from brushwork.training.style_lesson import PAINTER, StyleLesson
from brushwork.training.style_options import StyleTraining
from brushwork.types import Image

THUMBNAIL = 160
"""Pixels of a thumbnail's height."""

_QUALITY = 85


def style_lesson(
    paintings: Sequence[Image], options: StyleTraining, device: torch.device, start: Painter | None = None
) -> StyleLesson:
    """A lesson of one style on a device; the painter begins as `start`, which knows another style, or from nothing.

    Raises: InputError: paintings or options that cannot be used; another kind of painter. WeightsError.
    """
    lesson = StyleLesson([one.to(device) for one in paintings], options, encoder_for(options, device))
    if start is not None:
        lesson.learners[PAINTER].load_state_dict(start.network.state_dict())
    return lesson


def as_painter(options: StyleTraining, start: Painter, given: Sequence[str]) -> StyleTraining:
    """The options with the architecture of a painter that goes on learning.

    Raises: InputError: it is no Johnson network, or other settings of the architecture were `given`.
    """
    if not isinstance(start.settings, Johnson):
        raise InputError(f"{start.name} is a painter of another kind ({start.architecture}): begin from a johnson one.")
    own = {field.name: getattr(start.settings, field.name) for field in fields(Johnson)}
    for name in own.keys() & set(given):
        if getattr(options, name) != own[name]:
            raise InputError(f"{name} is {getattr(options, name)}, and {start.name} has {own[name]}: leave it away.")
    return replace(options, **own)


def read_paintings(styles: Sequence[Path]) -> list[Image]:
    """The paintings. Raises: InputError."""
    return [read_picture(one).image for one in styles]


def thumbnail(pictures: Sequence[Image]) -> bytes:
    """The pictures side by side and small, as a JPEG file."""
    small = [resize(one, _at_height(Size.of(one), THUMBNAIL), clamp=True) for one in pictures]
    side_by_side = torch.cat([one.cpu() for one in small], dim=-1)
    format = format_of("thumbnail.jpg")
    return encoded(levels(side_by_side, 8, over_white=True), format, metadata=None, quality=_QUALITY)


def _at_height(size: Size, height: int) -> Size:
    return Size(height, max(1, round(size.width * height / size.height)))
