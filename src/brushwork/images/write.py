"""Write images to files."""

from __future__ import annotations

import shutil
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import Any

from torch import Tensor

from brushwork.errors import InputError, require_type
from brushwork.images.encode import encode_image, quantize, require_no_nan
from brushwork.images.encode_vips import encode_large, to_vips, write_deep_zoom
from brushwork.images.files import import_vips, require_vips
from brushwork.images.formats import DEEP_ZOOM, ImageFormat, format_of, require_pyramid
from brushwork.images.geometry import LARGE_IMAGE_PIXELS, Size
from brushwork.images.read import ImageInput, read_image
from brushwork.storage.atomic import (
    ROOM,
    atomic_write,
    atomic_write_tree,
    explain_write_errors,
    require_target,
    resolve_links,
    resolve_target,
    temporary_file,
)
from brushwork.storage.folders import expand_user, require_path
from brushwork.types import Image

_BITS = (8, 16)
_MEGA = 1e6
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
    """Write an image as PNG, JPEG (4:4:4), WebP, TIFF or Deep Zoom, by the suffix of its name; return the path.

    It is marked as sRGB. A float tensor is (1, 3, h, w), and its values are clamped to [0, 1] and rounded. Any other
    input of `read_image` is written as it would be read, with its alpha. `alpha` (1, 1, h, w) is kept, except in JPEG
    and Deep Zoom, which show the image over white (see `has_alpha`). 16 `bits` are kept in PNG and TIFF, and need the
    extra `giant`; other formats have 8 (see `max_bits`). `metadata` is read back by `read_metadata`. `quality` is for
    JPEG, WebP and Deep Zoom, 1 to 100. With `pyramid`, a TIFF also holds smaller versions of the image, for viewers of
    giant images. The file is written completely or not at all. Deep Zoom is a file, a folder of tiles and a page that
    shows them.

    Images of more than 16 megapixels are encoded from the tensor, without a copy, if the extra `giant` is installed
    (and TIFF is then tiled); pyramids and Deep Zoom need it at any size.

    Raises: InputError: an unknown suffix, NaN, several images, an invalid option, a size that the format does not hold,
        or a path that cannot be written.
    """
    path = require_path(path, "the output")
    if metadata is not None:
        require_type("metadata", metadata, str, "text")
    image, alpha = _tensors(image, alpha)
    format = format_of(path)
    _require_options(format, Size.of(image), bits, quality, pyramid)
    _require_tensors(image, alpha)
    bits, over_white = min(bits, format.bits), not format.alpha
    if pyvips := _encoder_of_giants(format, Size.of(image), pyramid):
        picture = to_vips(pyvips, image, alpha, bits=bits, over_white=over_white)
        if format is DEEP_ZOOM:
            place = resolve_links(path)  # the page and the tiles are named after it
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
    """Return the image, and its alpha if it has any: float tensors unchanged, other inputs as read."""
    if isinstance(given, Tensor) and given.is_floating_point():
        return given, alpha
    image = read_image(given)
    return image.image, image.alpha if alpha is None else alpha


def _encoder_of_giants(format: ImageFormat, size: Size, pyramid: bool) -> Any | None:
    """Return the module pyvips if it should encode from the tensor, otherwise None.

    Raises: InputError: it is required, and not installed.
    """
    if format is DEEP_ZOOM or pyramid:
        return require_vips(f"{format.name} is written with tiles")
    return import_vips() if size.area > LARGE_IMAGE_PIXELS else None


def _require_options(format: ImageFormat, size: Size, bits: int, quality: int, pyramid: bool) -> None:
    if bits not in _BITS:
        raise InputError(f"{bits} bits a sample cannot be written: use 8 or 16.")
    require_type("quality", quality, Real, f"a number from 1 to {_BEST}")
    if not 1 <= quality <= _BEST:
        raise InputError(f"quality is {quality}: it must be from 1 to {_BEST}; at 95 no loss is visible.")
    if pyramid:
        require_pyramid(format)
    if min(size) < 1 or max(size) > format.max_side:
        raise InputError(f"{format.name} holds 1 to {format.max_side} pixels a side, not {size}: write .png or .tif.")


def _require_tensors(image: Tensor, alpha: Tensor | None) -> None:
    if image.ndim != 4 or image.shape[:2] != (1, 3):
        raise InputError(f"the picture's shape is {tuple(image.shape)}: give one picture, (1, 3, height, width).")
    require_no_nan(image, "picture")
    if alpha is not None:
        require_type("alpha", alpha, Tensor, "a tensor (1, 1, height, width)")
        if alpha.shape != (1, 1, *Size.of(image)):
            raise InputError(f"alpha has the shape {tuple(alpha.shape)}: give (1, 1, height, width) as the picture.")
        if not alpha.is_floating_point():
            raise InputError(f"alpha holds {alpha.dtype}: give floats from 0 to 1.")
        require_no_nan(alpha, "alpha")


def check_writable(
    path: str | PathLike[str],
    *,
    overwrite: bool,
    bytes_needed: int = ROOM,
    bits: int = 8,
    size: Size | None = None,
    pyramid: bool = False,
) -> None:
    """Check, before a run, that an image can be written to `path`.

    An empty file is created in the folder for a moment, under another name: permissions alone do not tell.

    Raises: InputError: an unknown suffix, a missing or read-only folder, a file that exists and may not be overwritten,
        less disk space than `bytes_needed`, a `size` that the format does not hold, or 16 `bits` or Deep Zoom without
        pyvips.
    """
    path = expand_user(path)
    format = format_of(path)
    if size is not None and max(size) > format.max_side:
        raise InputError(f"{format.name} holds {format.max_side} pixels a side, not {size}: write .png or .tif.")
    if min(bits, format.bits) > 8:
        require_vips(f"{path.name} is written with 16 bits a sample")
    if pyramid:
        require_pyramid(format)
    if format is DEEP_ZOOM or pyramid:
        require_vips(f"{path.name} is written in tiles")
    with explain_write_errors(path):
        path = resolve_target(path, overwrite)
        require_target(path, overwrite, format.companion_paths(path))
        with temporary_file(path.parent):
            pass
        free = shutil.disk_usage(path.parent).free
    if free < bytes_needed:
        raise InputError(
            f"the disk of {path.parent} has {free / _MEGA:,.0f} MB left, but {bytes_needed / _MEGA:,.0f} MB are "
            "needed: free some space, or write elsewhere."
        )
