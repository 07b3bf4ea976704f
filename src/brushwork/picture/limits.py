"""How many pixels are too many, or too few."""

from __future__ import annotations

from brushwork.errors import InputError
from brushwork.picture.window import Size

MAX_PIXELS = 250_000_000
"""More than any camera gives in one picture (2026: 151 megapixels), 3 GB as float32."""

LARGE_IMAGE_PIXELS = 2**24
"""Pixels. Larger pictures go in and out strip by strip; up to here, what is held beside them is 0.3 GB at most."""

_STRIP = 2**18
"""Pixels that are worked on at a time: some MB as floats."""


def rows_at_a_time(width: int, multiple: int = 1) -> int:
    """How many rows of a picture make a strip, a multiple of a number."""
    return max(1, _STRIP // width // multiple) * multiple


def require_size(name: str, size: Size, max_pixels: int) -> None:
    """Refuse an empty picture, and one over the limit.

    Raises: InputError: either.
    """
    if min(size) < 1:
        raise InputError(f"{name} is empty: {size} pixels. A picture has 1×1 or more.")
    if size.area > max_pixels:
        raise InputError(
            f"{name} has {size.area:,} pixels ({size}), and the limit is {max_pixels:,}. "
            "Give a smaller picture, or raise the limit: max_pixels."
        )
