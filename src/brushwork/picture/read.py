"""Pictures from wherever they are."""

from __future__ import annotations

from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from torch import Tensor

from brushwork.errors import InputError
from brushwork.picture.arrays import from_array, from_tensor
from brushwork.picture.calm import calm_pillow
from brushwork.picture.decode import decode_file, decode_image
from brushwork.picture.deep import read_deep
from brushwork.picture.limits import MAX_PIXELS
from brushwork.picture.picture import IN_MEMORY, Picture
from brushwork.picture.samples import samples_of
from brushwork.picture.vips import required_vips, vips

Source: TypeAlias = str | Path | PIL.Image.Image | NDArray[Any] | Tensor | BinaryIO
"""What a picture can be read from."""


def read_picture(source: Source, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """A picture from a file (its path, or opened for reading bytes), a Pillow image, an array or a tensor.

    Turned upright by its EXIF orientation, and converted to sRGB by its color profile. Of several frames, the first.
    Arrays: uint8, uint16 or floats from 0 to 1, rows × columns, × 3 or × 4. Tensors: floats from 0 to 1,
    (3, height, width) with or without a batch axis of 1. 16-bit colors in files need the extra `giant`.

    Raises: InputError: missing, unreadable, no picture, damaged, empty, more than `max_pixels`, or out of range.
    """
    match source:
        case Tensor():
            return from_tensor(source, max_pixels)
        case np.ndarray():
            return from_array(source, max_pixels)
        case PIL.Image.Image():
            return decode_image(source, IN_MEMORY, max_pixels).picture(IN_MEMORY)
        case str() | PathLike():
            return _read_path(Path(source).expanduser(), max_pixels)
    if hasattr(source, "read"):
        return _read_file(_seekable(source), _name_of(source), max_pixels)
    raise InputError(
        f"a picture cannot be read from {type(source).__name__}: give a path, an open file, a Pillow image, "
        "an array or a tensor."
    )


def _read_path(path: Path, max_pixels: int) -> Picture:
    with open_picture(path) as file:
        return _read_file(_seekable(file), path.name, max_pixels)


def open_picture(path: Path) -> BinaryIO:
    """The file, opened for reading.

    Raises: InputError: it is missing, a folder, or may not be read.
    """
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder: give a picture in it.")
        return path.open("rb")
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist: check the name and the folder.") from error
    except PermissionError as error:
        raise InputError(f"{path} may not be read: ask for permission (chmod +r), or copy it.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{str(path)!r} cannot be opened ({error}): give the path of a picture.") from error


def _read_file(file: BinaryIO, name: str, max_pixels: int) -> Picture:
    """By libvips what has more than 8 bits a sample, by Pillow the rest (and deep gray where there is no libvips)."""
    try:
        _require_bytes(file, name)
        with calm_pillow():
            samples = samples_of(file)
        if samples is not None and samples.deep:
            pyvips = vips() if samples.gray else required_vips(f"{name} has {samples.bits} bits a sample")
            if pyvips is not None:
                return read_deep(pyvips, file, name, max_pixels).picture(name)
        return decode_file(file, name, max_pixels).picture(name)
    except OSError as error:
        raise InputError(f"{name} cannot be read ({error}): check the disk or the connection.") from error


def _require_bytes(file: BinaryIO, name: str) -> None:
    first = file.read(1)
    if not isinstance(first, bytes):
        raise InputError(f"{name} is opened for text: open it for bytes, mode 'rb'.")
    if not first:
        raise InputError(f"{name} is empty (0 bytes): get the file again.")


def _seekable(file: BinaryIO) -> BinaryIO:
    """The file at its beginning; a pipe is read into memory."""
    if getattr(file, "seekable", bool)():
        file.seek(0)
        return file
    return BytesIO(file.read())


def _name_of(file: object) -> str:
    name = getattr(file, "name", None)
    return Path(name).name if isinstance(name, str) and not name.startswith("<") else IN_MEMORY
