"""Checks of option values, and their messages."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING, cast

from brushwork.errors import InputError
from brushwork.images.geometry import Size

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from brushwork.types import Image

SMALLEST_SIDE = 32
"""Smallest side in pixels; below it the deepest layers have one or two positions, too few for a result."""

_SIZE = re.compile(r"(\d+)[x×](\d+)")


def parse_size(text: str) -> Size:
    """Return the size that WIDTHxHEIGHT names.

    Raises: InputError: another form, or a side below `SMALLEST_SIDE`.
    """
    found = _SIZE.fullmatch(text)
    if found is None:
        raise InputError(f"size is {text!r}: it must be WIDTHxHEIGHT, such as 1024x512.")
    size = Size(int(found[2]), int(found[1]))
    require_option(min(size) >= SMALLEST_SIDE, "size", text, f"at least {SMALLEST_SIDE} pixels a side")
    return size


def require_option(holds: bool, name: str, given: object, expected: str) -> None:
    """Raise an InputError that names the option, the value given, and what is expected, unless `holds`."""
    if not holds:
        raise InputError(f"{name.replace('_', '-')} is {given}: it must be {expected}.")


def require_min_size(image: Image, what: str) -> None:
    """Raise an InputError if an image is too small to be optimized."""
    require_enough_pixels(Size.of(image), what)


def require_enough_pixels(size: Size, what: str) -> None:
    """Raise an InputError if an image of this size is too small to be optimized."""
    if min(size) < SMALLEST_SIDE:
        raise InputError(f"{what} is {size} pixels: give one of at least {SMALLEST_SIDE} pixels a side.")


def check_options(options: object) -> None:
    """Run the checks of every option group that the options inherit from.

    Raises: InputError: a value out of range, or text where several values are expected.
    """
    for field in fields(cast("DataclassInstance", options)):
        value = getattr(options, field.name)
        is_text = isinstance(value, str) and str(field.type).startswith("tuple")
        require_option(not is_text, field.name, repr(value), f"several values, such as ({value!r},)")
    for group in type(options).__mro__[1:]:
        if "__post_init__" in vars(group):
            vars(group)["__post_init__"](options)
