"""Pictures from wherever they are."""

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
from brushwork.folders import expanded
from brushwork.picture.arrays import from_array, from_tensor
from brushwork.picture.camera_raw import require_developed
from brushwork.picture.decode import decode_file, decode_image
from brushwork.picture.deep import read_deep
from brushwork.picture.files import File, name_of, open_picture, require_bytes, seekable
from brushwork.picture.giant import giant_in
from brushwork.picture.limits import GIANT, MAX_PIXELS, require_size
from brushwork.picture.measure import header_size
from brushwork.picture.picture import IN_MEMORY, Picture
from brushwork.picture.reduction import divided, divisor_for
from brushwork.picture.samples import samples_of
from brushwork.picture.vips import required_vips, vips
from brushwork.picture.window import Size

Source: TypeAlias = str | PathLike[str] | PIL.Image.Image | NDArray[Any] | Tensor | File | Picture
"""What a picture can be read from."""


def read_picture(source: Source, *, max_pixels: int = MAX_PIXELS, enough: Size | None = None) -> Picture:
    """A picture from a file (its path, or opened for reading bytes), a Pillow image, an array or a tensor.

    Turned upright by its EXIF orientation, and converted to sRGB by its color profile. Of several frames, the first.
    Arrays and tensors: as `as_image`, one picture. 16-bit colors in files need the extra `giant`.

    Files of more than 16 megapixels are decoded in strips where that extra is there: beside the result, next to nothing
    is held. Where the picture is wanted no larger than `enough`, a giant is reduced on the way by a whole number, to
    twice that or more.

    Raises: InputError: missing, unreadable, no picture, damaged, empty, more than `max_pixels`, or out of range.
    """
    match source:
        case Picture():
            return source
        case Tensor():
            return from_tensor(source, max_pixels)
        case np.ndarray():
            return from_array(source, max_pixels)
        case PIL.Image.Image():
            return decode_image(source, IN_MEMORY, max_pixels).picture(IN_MEMORY)
        case str() | PathLike():
            return _read_path(expanded(source), max_pixels, enough)
    if hasattr(source, "read"):
        return _read_file(source, name_of(source), max_pixels)
    raise InputError(
        f"a picture cannot be read from {type(source).__name__}: give a path, an open file, a Pillow image, "
        "an array or a tensor."
    )


def picture_size(path: str | PathLike[str], *, max_pixels: int = MAX_PIXELS, enough: Size | None = None) -> Size:
    """The size of what `read_picture` would read. The header tells, or else the file is decoded.

    Raises: InputError: as `read_picture`, but for damages behind the header.
    """
    path = expanded(path)
    size = header_size(path)
    if size is None:
        return read_picture(path, max_pixels=max_pixels, enough=enough).size
    require_size(path.name, size, max_pixels)
    return divided(size, divisor_for(size, enough))


def _read_path(path: Path, max_pixels: int, enough: Size | None) -> Picture:
    size = header_size(path)
    if size is not None and size.area > GIANT and (pyvips := vips()) is not None:
        with suppress(InputError):  # what libvips cannot decode, Pillow may
            giant = giant_in(pyvips, path, max_pixels)
            if giant is not None:
                return giant.read(divisor_for(size, enough))
    with open_picture(path) as file:
        picture = _read_file(file, path.name, max_pixels)
    return picture.reduced(divisor_for(picture.size, enough))


def _read_file(file: File, name: str, max_pixels: int) -> Picture:
    """By libvips what has more than 8 bits a sample, by Pillow the rest (and deep gray where there is no libvips)."""
    try:
        file = seekable(file)
        require_bytes(file, name)
        require_developed(file, name)
        samples = samples_of(file)
        if samples is not None and samples.deep:
            pyvips = vips() if samples.gray else required_vips(f"{name} has {samples.bits} bits a sample")
            if pyvips is not None:
                return read_deep(pyvips, file, name, max_pixels).picture(name)
        return decode_file(file, name, max_pixels).picture(name)
    except OSError as error:
        raise InputError(f"{name} cannot be read ({error}): check the disk or the connection.") from error
