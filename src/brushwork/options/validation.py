"""What options must be, and what is said where they are not."""

from __future__ import annotations

from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.types import Image

SMALLEST_SIDE = 32
"""Pixels; below this the deepest layers see one or two cells, and there is nothing to paint."""


def require_option(holds: bool, name: str, given: object, expected: str) -> None:
    """Raise an InputError that names the option, what was given, and what is expected."""
    if not holds:
        raise InputError(f"{name.replace('_', '-')} is {given}: it must be {expected}.")


def require_min_size(image: Image, what: str) -> None:
    """Raise an InputError for a picture too small to be painted."""
    size = Size.of(image)
    if min(size) < SMALLEST_SIDE:
        raise InputError(f"{what} is {size} pixels: give one of at least {SMALLEST_SIDE} pixels a side.")


def check_options(options: object) -> None:
    """Let every group of a recipe's options check its own fields."""
    for group in type(options).__mro__[1:]:
        if "__post_init__" in vars(group):
            vars(group)["__post_init__"](options)
