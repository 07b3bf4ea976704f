"""Pillow, kept from warning and from limits of its own."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

import PIL.Image
from PIL import PngImagePlugin

_LONGEST_PROFILE = 2**25
"""Bytes that a compressed chunk of a PNG file may unpack to."""

# Python's warning filters and Pillow's limit belong to the whole process: one thread at a time may change them, or
# they come back in the wrong order and stay changed.
_ALONE = RLock()


@contextmanager
def quiet_pillow(max_pixels: int | None = None) -> Iterator[None]:
    """Inside, Pillow does not warn, and it refuses what unpacks to far more than `max_pixels` (None: nothing).

    Profiles in PNG files may have more than the megabyte that it admits.
    """
    with _ALONE, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = PIL.Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK
        PIL.Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = max_pixels, _LONGEST_PROFILE
        try:
            yield
        finally:
            PIL.Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = before
