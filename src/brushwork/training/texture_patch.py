"""The part of a picture that is learned as a texture."""

from __future__ import annotations

import re

from brushwork.errors import InputError
from brushwork.picture.window import Size, Window
from brushwork.types import Image

_PATCH = re.compile(r"(\d+)[x×](\d+)\+(\d+)\+(\d+)")


def is_patch(text: str) -> bool:
    """Whether a text is WIDTHxHEIGHT+LEFT+TOP, or empty."""
    return text == "" or _PATCH.fullmatch(text) is not None


def crop_patch(image: Image, text: str) -> Image:
    """The part of a picture that WIDTHxHEIGHT+LEFT+TOP names, in pixels; all of it where the text is empty.

    Raises: InputError: it reaches beyond the picture, or is empty.
    """
    found = _PATCH.fullmatch(text)
    if found is None:
        return image
    width, height, left, top = map(int, found.groups())
    whole = Size.of(image)
    if width == 0 or height == 0 or left + width > whole.width or top + height > whole.height:
        raise InputError(f"patch is {text}, and the picture is {whole}: give a part of it, WIDTHxHEIGHT+LEFT+TOP.")
    return Window(top, left, height, width, whole).crop(image)
