"""Read images from paths, open files, arrays, tensors and Pillow images."""

from __future__ import annotations

from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias, cast

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
"""Types that an image can be read from."""


def read_image(source: ImageInput, *, max_pixels: int = MAX_PIXELS, min_size: Size | None = None) -> LoadedImage:
    """Read an image from a file (its path, or opened for reading bytes), a Pillow image, an array or a tensor.

    It is rotated upright by its EXIF orientation, and converted to sRGB by its color profile. Of several frames, the
    first is read. Arrays and tensors are read as by `as_image`, one image each. 16-bit colors in files need the extra
    `giant`.

    Files of more than 16 megapixels are decoded in strips if that extra is installed; apart from the result, this takes
    almost no memory. If no more than `min_size` is needed, such an image is reduced while reading by an integer factor,
    to no less than twice `min_size`.

    Raises: InputError: missing, unreadable, not an image, damaged, empty, more than `max_pixels`, or out of range.
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
            return ImageFile(source, max_pixels).read(min_size)
    if hasattr(source, "read"):
        return _read_file(source, file_name(source), max_pixels)
    raise InputError(
        f"a picture cannot be read from {type(source).__name__}: give a path, an open file, a Pillow image, "
        "an array or a tensor."
    )


def image_size(path: str | PathLike[str], *, max_pixels: int = MAX_PIXELS, min_size: Size | None = None) -> Size:
    """Return the size of the image that `read_image` would read, from the header or, if need be, by decoding the file.

    Raises: InputError: as `read_image`, except for damage after the header.
    """
    return ImageFile(path, max_pixels).reduced_size(min_size)


class ImageFile:
    """An image file of which the header was read; its pixels are decoded when they are asked for.

    Raises: InputError: as `image_size`.
    """

    def __init__(self, path: str | PathLike[str], max_pixels: int = MAX_PIXELS) -> None:
        self._path, self._max_pixels = expand_user(path), max_pixels
        size = read_header_size(self._path)
        self._decoded = self._decode() if size is None else None
        self.size = self._decoded.size if self._decoded is not None else cast("Size", size)
        """Size of the full image, upright."""
        require_size(self._path.name, self.size, max_pixels)

    def reduced_size(self, min_size: Size | None) -> Size:
        """Return the size of the image that `read` returns."""
        return divided_size(self.size, choose_divisor(self.size, min_size))

    def read(self, min_size: Size | None = None) -> LoadedImage:
        """Return the image, reduced while reading as by `read_image`.

        Raises: InputError: as `read_image`.
        """
        if self._decoded is None and self.size.area > LARGE_IMAGE_PIXELS and (pyvips := import_vips()) is not None:
            with suppress(InputError):  # Pillow may decode what libvips cannot
                giant = find_large_image(pyvips, self._path, self._max_pixels)
                if giant is not None:
                    return giant.read(choose_divisor(self.size, min_size))
        image = self._decoded or self._decode()
        return image.reduce(choose_divisor(image.size, min_size))

    def _decode(self) -> LoadedImage:
        with open_image_file(self._path) as file:
            return _read_file(file, self._path.name, self._max_pixels)


def _read_file(file: File, name: str, max_pixels: int) -> LoadedImage:
    """Read a file: with libvips above 8 bits a sample, else with Pillow (also deep gray without libvips)."""
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
    """Return the size that an image file will have after reading, upright; None if the header does not say.

    Raises: InputError: the file cannot be opened.
    """
    with suppress(OSError):  # names that are too long: opening reports them
        if path.exists() and not path.is_file() and not path.is_dir():  # a pipe can be read only once
            return None
    with open_image_file(path) as file, suppress(InputError, OSError), open_with_pillow(file, path.name) as image:
        own = Size(image.height, image.width)
        return Size(own.width, own.height) if is_rotated(image) else own
    return None
