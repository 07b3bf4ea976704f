"""Pictures into files."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from torch import Tensor

from brushwork.errors import InputError
from brushwork.folders import expand_user
from brushwork.picture.deepzoom import write_deep_zoom
from brushwork.picture.destination import atomic_write, atomic_write_tree, followed
from brushwork.picture.encode import encode_image
from brushwork.picture.formats import DEEP_ZOOM, ImageFormat, format_of, require_pyramid
from brushwork.picture.levels import quantize, require_no_nan
from brushwork.picture.limits import LARGE_IMAGE_PIXELS
from brushwork.picture.read import ImageInput, read_image
from brushwork.picture.stream import encode_large, to_vips
from brushwork.picture.vips import import_vips, require_vips
from brushwork.picture.window import Size
from brushwork.types import Image

_BITS = (8, 16)
_BEST = 100  # quality


def write_image(
    image: ImageInput,
    path: str | PathLike[str],
    *,
    alpha: Tensor | None = None,
    metadata: str | None = None,
    bits: int = 8,
    quality: int = 95,
    pyramid: bool = False,
    overwrite: bool = False,
) -> Path:
    """Write a picture as PNG, JPEG (4:4:4), WebP, TIFF or Deep Zoom, by the ending of the name; returns the path.

    Marked as sRGB. A float tensor is (1, 3, h, w), and its values are clamped to [0, 1] and rounded; anything else that
    `read_image` takes is written as it would be read, with its alpha. `alpha` (1, 1, h, w) is kept; JPEG and Deep
    Zoom cannot, and show the picture over white (see `has_alpha`). 16 `bits` are kept in PNG and TIFF, and need the
    extra `giant`; the others have 8 (see `max_bits`). `metadata` is read by `read_metadata`. `quality` is for JPEG,
    WebP and Deep Zoom, 1 to 100. With `pyramid` a TIFF holds smaller versions of itself too, for viewers of giant
    pictures.
    The file is there as a whole or not at all. Deep Zoom is a file, a folder of tiles and a page that shows them.

    Pictures of more than 16 megapixels are encoded from the tensor, without a copy, where the extra `giant` is there
    (and TIFF then in tiles); pyramids and Deep Zoom need it at any size.

    Raises: InputError: an unknown ending, NaN, several pictures, a wrong option, a size the format does not hold, or
        a place that cannot be written.
    """
    path = expand_user(path)
    image, alpha = _tensors(image, alpha)
    format = format_of(path)
    _require_options(format, Size.of(image), bits, quality, pyramid)
    _require_tensors(image, alpha)
    bits, over_white = min(bits, format.bits), not format.alpha
    if pyvips := _encoder_of_giants(format, Size.of(image), pyramid):
        picture = to_vips(pyvips, image, alpha, bits=bits, over_white=over_white)
        if format is DEEP_ZOOM:
            place = followed(path)  # the page and the tiles have its name
            with atomic_write_tree(place, format.companion_paths(place), overwrite=overwrite) as folder:
                write_deep_zoom(pyvips, picture, folder, place.stem, metadata=metadata, quality=quality)
        else:
            with atomic_write(path, overwrite=overwrite) as file:
                encode_large(pyvips, picture, file, format, metadata=metadata, quality=quality, pyramid=pyramid)
        return path
    whole = quantize(image, bits, alpha=alpha, over_white=over_white)
    content = encode_image(whole, format, metadata=metadata, quality=quality)
    with atomic_write(path, overwrite=overwrite) as file:
        file.write_bytes(content)
    return path


def _tensors(given: ImageInput, alpha: Tensor | None) -> tuple[Image, Tensor | None]:
    """The image, and its alpha where it brings one: floats in a tensor as they are, others as they are read."""
    if isinstance(given, Tensor) and given.is_floating_point():
        return given, alpha
    image = read_image(given)
    return image.image, image.alpha if alpha is None else alpha


def _encoder_of_giants(format: ImageFormat, size: Size, pyramid: bool) -> Any | None:
    """The module pyvips, where it is to encode from the tensor.

    Raises: InputError: it must, and is not installed.
    """
    if format is DEEP_ZOOM or pyramid:
        return require_vips(f"{format.name} is to be written with tiles")
    return import_vips() if size.area > LARGE_IMAGE_PIXELS else None


def _require_options(format: ImageFormat, size: Size, bits: int, quality: int, pyramid: bool) -> None:
    if bits not in _BITS:
        raise InputError(f"{bits} bits a sample cannot be written: take 8 or 16.")
    if not 1 <= quality <= _BEST:
        raise InputError(f"the quality is {quality}: take 1 to {_BEST}; 95 shows no loss.")
    if pyramid:
        require_pyramid(format)
    if min(size) < 1 or max(size) > format.max_side:
        raise InputError(f"{format.name} holds 1 to {format.max_side} pixels a side, not {size}: write .png or .tif.")


def _require_tensors(image: Tensor, alpha: Tensor | None) -> None:
    if image.ndim != 4 or image.shape[:2] != (1, 3):
        raise InputError(f"the picture's shape is {tuple(image.shape)}: give one picture, (1, 3, height, width).")
    require_no_nan(image, "picture")
    if alpha is not None:
        if alpha.shape != (1, 1, *Size.of(image)):
            raise InputError(f"alpha has the shape {tuple(alpha.shape)}: give (1, 1, height, width) as the picture.")
        require_no_nan(alpha, "alpha")
