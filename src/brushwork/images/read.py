"""Read images from paths, open files, arrays, tensors and Pillow images."""

from __future__ import annotations

from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.arrays import from_array, from_tensor
from brushwork.images.bit_depth import read_sample_format
from brushwork.images.camera_raw import require_not_raw
from brushwork.images.decode_pillow import decode_file, decode_image, open_with_pillow
from brushwork.images.decode_vips import read_deep
from brushwork.images.files import (
    File,
    file_name,
    import_vips,
    make_seekable,
    open_image_file,
    require_bytes,
    require_vips,
)
from brushwork.images.geometry import LARGE_IMAGE_PIXELS, MAX_PIXELS, Size, require_size
from brushwork.images.large import find_large_image
from brushwork.images.loaded import IN_MEMORY, LoadedImage
from brushwork.images.orientation import is_rotated
from brushwork.images.resample import choose_divisor, divided_size
from brushwork.storage.folders import expand_user

ImageInput: TypeAlias = str | PathLike[str] | PIL.Image.Image | NDArray[Any] | Tensor | File | LoadedImage
"""What a picture can be read from."""


def read_image(source: ImageInput, *, max_pixels: int = MAX_PIXELS, min_size: Size | None = None) -> LoadedImage:
    """A picture from a file (its path, or opened for reading bytes), a Pillow image, an array or a tensor.

    Turned upright by its EXIF orientation, and converted to sRGB by its color profile. Of several frames, the first.
    Arrays and tensors: as `as_image`, one picture. 16-bit colors in files need the extra `giant`.

    Files of more than 16 megapixels are decoded in strips where that extra is there: beside the result, next to nothing
    is held. Where the picture is wanted no larger than `min_size`, a giant is reduced on the way by a whole number, to
    twice that or more.

    Raises: InputError: missing, unreadable, no picture, damaged, empty, more than `max_pixels`, or out of range.
    """
    match source:
        case LoadedImage():
            return source
        case Tensor():
            return from_tensor(source, max_pixels)
        case np.ndarray():
            return from_array(source, max_pixels)
        case PIL.Image.Image():
            return decode_image(source, IN_MEMORY, max_pixels).to_image(IN_MEMORY)
        case str() | PathLike():
            return _read_path(expand_user(source), max_pixels, min_size)
    if hasattr(source, "read"):
        return _read_file(source, file_name(source), max_pixels)
    raise InputError(
        f"a picture cannot be read from {type(source).__name__}: give a path, an open file, a Pillow image, "
        "an array or a tensor."
    )


def image_size(path: str | PathLike[str], *, max_pixels: int = MAX_PIXELS, min_size: Size | None = None) -> Size:
    """The size of what `read_image` would read. The header tells, or else the file is decoded.

    Raises: InputError: as `read_image`, but for damages behind the header.
    """
    path = expand_user(path)
    size = read_header_size(path)
    if size is None:
        return read_image(path, max_pixels=max_pixels, min_size=min_size).size
    require_size(path.name, size, max_pixels)
    return divided_size(size, choose_divisor(size, min_size))


def _read_path(path: Path, max_pixels: int, min_size: Size | None) -> LoadedImage:
    size = read_header_size(path)
    if size is not None and size.area > LARGE_IMAGE_PIXELS and (pyvips := import_vips()) is not None:
        with suppress(InputError):  # what libvips cannot decode, Pillow may
            giant = find_large_image(pyvips, path, max_pixels)
            if giant is not None:
                return giant.read(choose_divisor(size, min_size))
    with open_image_file(path) as file:
        image = _read_file(file, path.name, max_pixels)
    return image.reduce(choose_divisor(image.size, min_size))


def _read_file(file: File, name: str, max_pixels: int) -> LoadedImage:
    """By libvips what has more than 8 bits a sample, by Pillow the rest (and deep gray where there is no libvips)."""
    try:
        file = make_seekable(file)
        require_bytes(file, name)
        require_not_raw(file, name)
        samples = read_sample_format(file)
        if samples is not None and samples.is_deep:
            pyvips = import_vips() if samples.is_gray else require_vips(f"{name} has {samples.bits} bits a sample")
            if pyvips is not None:
                return read_deep(pyvips, file, name, max_pixels).to_image(name)
        return decode_file(file, name, max_pixels).to_image(name)
    except OSError as error:
        raise InputError(f"{name} cannot be read ({error}): check the disk or the connection.") from error


def read_header_size(path: Path) -> Size | None:
    """The size that a picture file will have when it is read, upright; None where the header does not tell.

    Raises: InputError: the file cannot be opened.
    """
    with suppress(OSError):  # names that are too long: opening tells
        if path.exists() and not path.is_file() and not path.is_dir():  # a pipe is read once
            return None
    with open_image_file(path) as file, suppress(InputError, OSError), open_with_pillow(file, path.name) as image:
        own = Size(image.height, image.width)
        return Size(own.width, own.height) if is_rotated(image) else own
    return None
