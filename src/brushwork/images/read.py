"""Read images from paths, open files, arrays, tensors and Pillow images; all public functions that take images do."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
import PIL.Image
import torch
from numpy.typing import NDArray
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.arrays import from_array, from_tensor, planes_of_array, planes_of_tensor, split_alpha
from brushwork.images.bit_depth import read_sample_format
from brushwork.images.camera_raw import require_not_raw
from brushwork.images.decode_pillow import decode_file, decode_image, open_with_pillow
from brushwork.images.decode_vips import read_deep
from brushwork.images.files import (
    File,
    import_vips,
    open_image_file,
    require_vips,
)
from brushwork.images.geometry import LARGE_IMAGE_PIXELS, MAX_PIXELS, Size, require_size
from brushwork.images.large import find_large_image
from brushwork.images.loaded import IN_MEMORY, LoadedImage
from brushwork.images.orientation import is_rotated
from brushwork.images.resample import choose_divisor, divided_size
from brushwork.storage.folders import expand_user
from brushwork.types import Image

ImageInput: TypeAlias = str | PathLike[str] | PIL.Image.Image | NDArray[Any] | Tensor | File | LoadedImage
"""Types that an image can be read from."""


def read_image(source: ImageInput, *, max_pixels: int = MAX_PIXELS, min_size: Size | None = None) -> LoadedImage:
    """Read an image from a file (its path, or opened for reading bytes), a Pillow image, an array or a tensor.

    Its EXIF orientation turns it upright, and its color profile converts it to sRGB. Of several frames, the
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
        return _read_file(source, _file_name(source), max_pixels)
    raise InputError(
        f"a picture cannot be read from {type(source).__name__}: give a path, an open file, a Pillow image, "
        "an array or a tensor."
    )


def as_image(source: ImageInput, what: str = "the picture", *, beyond: float = 0.0) -> Image:
    """Return an image, or a batch of images, as floats N × 3 × height × width in [0, 1]; `what` names it in errors.

    Paths, open files, Pillow images and a `LoadedImage` are read as by `read_image`. Arrays are (height, width), or
    (height, width, channels) or a batch of these. Tensors are (channels, height, width) or a batch of these. Channels
    are 1 (gray), 3 (sRGB) or 4 (sRGB and alpha). uint8 and uint16 are scaled by their largest value; floats are in
    [0, 1]. Transparent parts show the colors around them, as in files.

    A tensor stays on its device, without its gradient. A float64 tensor stays float64, and a tensor that is already an
    image is not copied. Everything else becomes float32 on the CPU. The values of a tensor may lie up to `beyond`
    outside [0, 1], as an initial image of noise may.

    Raises: InputError: another kind of input, another shape or type, NaN, values out of [0, 1], or a file that cannot
        be read.
    """
    match source:
        case LoadedImage():
            return as_image(source.image, what, beyond=beyond)
        case Tensor():
            return _place_over_white(planes_of_tensor(source, what, beyond=beyond))
        case np.ndarray():
            return _place_over_white(planes_of_array(source, what))
    if is_source(source):
        return read_image(source).image
    raise InputError(
        f"{what} is given as {type(source).__name__}: give a path, an open file, a Pillow image, a LoadedImage, an "
        "array or a tensor."
    )


def is_source(given: object) -> bool:
    """Return whether an object is of a type that is read as one image; any other type may hold several."""
    kinds = (str, PathLike, PIL.Image.Image, np.ndarray, Tensor, LoadedImage)
    return isinstance(given, kinds) or hasattr(given, "read")


def _place_over_white(planes: Tensor) -> Image:
    color, alpha = split_alpha(planes)
    if alpha is None:
        return LoadedImage.of(color, None, (), 8, IN_MEMORY).image
    images = zip(color[:, None], alpha[:, None], strict=True)
    return torch.cat([LoadedImage.of(*one, (), 8, IN_MEMORY).image for one in images])


def image_size(path: str | PathLike[str], *, max_pixels: int = MAX_PIXELS, min_size: Size | None = None) -> Size:
    """Return the size of the image that `read_image` would read, from the header or else by decoding the file.

    Raises: InputError: as `read_image`, except for damage after the header.
    """
    return ImageFile(path, max_pixels).reduced_size(min_size)


class ImageFile:
    """An image file whose header was read; its pixels are decoded when they are requested.

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
        file = _make_seekable(file)
        _require_bytes(file, name)
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


def _make_seekable(file: File) -> File:
    """Return the file rewound to its beginning; a pipe is read into memory."""
    if getattr(file, "seekable", bool)():
        file.seek(0)
        return file
    return BytesIO(file.read())


def _require_bytes(file: File, name: str) -> None:
    """Refuse a file that is empty, or open in text mode.

    Raises: InputError: either.
    """
    first = file.read(1)
    if not isinstance(first, bytes):
        raise InputError(f"{name} is opened in text mode: open it in binary mode, 'rb'.")
    if not first:
        raise InputError(f"{name} is empty (0 bytes): get the file again.")


def _file_name(file: File) -> str:
    """Return the name under which the file was opened, without its folder."""
    name = getattr(file, "name", None)
    return Path(name).name if isinstance(name, str) and not name.startswith("<") else IN_MEMORY
