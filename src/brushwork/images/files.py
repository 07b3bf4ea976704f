"""Open image files: streams, Pillow's warnings and limits, and the optional libvips."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase, BytesIO
from pathlib import Path
from threading import RLock
from typing import Any, BinaryIO, TypeAlias

import PIL.Image
from PIL import PngImagePlugin

from brushwork.errors import InputError
from brushwork.storage.pipes import content_of_pipe

File: TypeAlias = BinaryIO | BufferedIOBase
"""A binary file open for reading, or an object that behaves like one."""

_LONGEST_PROFILE = 2**25
"""Bytes that a compressed chunk of a PNG file may unpack to."""

# Python's warning filters and Pillow's limit are global to the process: only one thread at a time may change them, or
# they are restored in the wrong order and stay changed.
_ALONE = RLock()

EXTRA = "pip install 'brushwork[giant]'"


def open_image_file(path: Path) -> BinaryIO:
    """Open a file for reading bytes.

    Raises: InputError: it is missing, is a folder, or may not be read.
    """
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder: give a picture in it.")
        piped = content_of_pipe(path)
        return path.open("rb") if piped is None else BytesIO(piped)
    except FileNotFoundError as error:
        if str(path).startswith(("http:", "https:")):
            raise InputError(f"{path.name} is not read from the web: download it, and give the file.") from error
        raise InputError(f"{path} does not exist: check the name and the folder.") from error
    except PermissionError as error:
        raise InputError(f"{path} is not readable: ask for permission (chmod +r), or copy it.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{str(path)!r} cannot be opened ({error}): give the path of a picture.") from error


@contextmanager
def quiet_pillow(max_pixels: int | None = None) -> Iterator[None]:
    """Silence Pillow's warnings, and refuse images that unpack to far more than `max_pixels` (None: no limit).

    Profiles in PNG files may have more than the megabyte that Pillow allows.
    """
    with _ALONE, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = PIL.Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK
        PIL.Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = max_pixels, _LONGEST_PROFILE
        try:
            yield
        finally:
            PIL.Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = before


def import_vips() -> Any | None:
    """Return the module pyvips, or None if it, or the library under it, is not installed."""
    try:
        import pyvips
    except (ImportError, OSError):
        return None
    return pyvips


def require_vips(why: str) -> Any:
    """Return the module pyvips.

    Raises: InputError: it is not installed; the message begins with `why` and says how to get it.
    """
    found = import_vips()
    if found is None:
        raise InputError(f"{why}, which needs pyvips: {EXTRA}.")
    return found
