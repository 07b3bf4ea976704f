"""Decode image files of every kind that Pillow reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, cast

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL.ImageFile import ImageFile

from brushwork.errors import InputError
from brushwork.images.arrays import to_uint16
from brushwork.images.bit_depth import is_narrowed
from brushwork.images.camera_raw import is_named_raw, raw_file_error, require_not_raw
from brushwork.images.files import File, quiet_pillow
from brushwork.images.formats import KINDS, decoded_formats
from brushwork.images.geometry import RAISE_LIMIT, Size, require_size
from brushwork.images.icc import to_srgb, to_srgb_deep
from brushwork.images.loaded import DecodedSamples, damaged_file_error, frames_note
from brushwork.images.orientation import apply_orientation, read_orientation
from brushwork.images.png import make_decodable, require_intact
from brushwork.images.primaries import find_profile

_WITH_FRAMES = ("GIF", "WEBP", "PNG", "TIFF", "AVIF")  # in other formats, a second image is a preview or a layer
_GRAY = ("1", "L", "LA", "La")
_DEEP = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_WHOLE = 65535
_GRAY_FACTORS = {"L;2": 255 // 3, "L;4": 255 // 15}
"""Pillow's names for gray samples of 2 and 4 bits, and the factors by which it scales them to 8 bits."""


def decode_file(file: File, name: str, max_pixels: int) -> DecodedSamples:
    """Decode the first image in a file.

    Raises: InputError: not an image, a damaged one, or one that is too large.
    """
    file, notes = make_decodable(file)
    with open_with_pillow(file, name, max_pixels) as image:
        if is_narrowed(image):
            raise InputError(f"{name} has 16 bits a sample, which are not supported: save it as PNG or TIFF.")
        require_intact(file, name)
        return _raster(image, name, max_pixels).with_notes(*notes)


def decode_image(image: PIL.Image.Image, name: str, max_pixels: int) -> DecodedSamples:
    """Convert a Pillow image, at its current frame, to sRGB samples. The image itself is not changed.

    Raises: InputError: a damaged image, or one that is too large.
    """
    with quiet_pillow(max_pixels), _explain(name, max_pixels):
        notes = ("16 bits a sample, of which Pillow keeps 8: give the file to keep all",) if is_narrowed(image) else ()
        return _raster(image, name, max_pixels).with_notes(*notes)


@contextmanager
def open_with_pillow(file: File, name: str, max_pixels: int | None = None) -> Iterator[PIL.Image.Image]:
    """Open a file with Pillow, without decoding its pixels.

    Raises: InputError: for any failure, also inside the context.
    """
    require_not_raw(file, name)
    file, _ = make_decodable(file)
    file.seek(0)
    with (
        quiet_pillow(max_pixels),
        _explain(name, max_pixels),
        PIL.Image.open(cast(BinaryIO, file), formats=decoded_formats()) as image,
    ):
        yield image


@contextmanager
def _explain(name: str, max_pixels: int | None) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except PIL.UnidentifiedImageError as error:
        if is_named_raw(name):
            raise raw_file_error(name) from error
        raise InputError(
            f"{name} is not a picture of a known kind, or its beginning is damaged: give {KINDS}, or convert it to "
            "one of these."
        ) from error
    except PIL.Image.DecompressionBombError as error:
        raise InputError(
            f"{name} decodes to far more pixels than the limit, {max_pixels:,}: give a smaller picture, or raise the "
            f"limit: {RAISE_LIMIT}."
        ) from error
    except Exception as error:  # decoders may raise anything on damaged bytes
        raise damaged_file_error(name, error) from error


def _raster(image: PIL.Image.Image, name: str, max_pixels: int) -> DecodedSamples:
    require_size(name, Size(image.height, image.width), max_pixels)
    frames, factor = _frames(image), _gray_factor(image)
    image.load()
    turned = ("its EXIF data is damaged: not turned",) if read_orientation(image) is None else ()
    image = apply_orientation(image)
    if image.mode in _DEEP:
        color, alpha, notes = _deep(image, name)
    else:
        color, alpha, notes = _shallow(_scale_clear_gray(image, factor), find_profile(image.info))
    return DecodedSamples(color, alpha, (*frames, *turned, *notes), bits=16 if image.mode in _DEEP else 8)


def _frames(image: PIL.Image.Image) -> tuple[str, ...]:
    with suppress(Exception):  # a damaged later frame does not matter here
        if image.format in _WITH_FRAMES:
            return frames_note(getattr(image, "n_frames", 1), image.tell())
    return ()


def _deep(image: PIL.Image.Image, name: str) -> tuple[NDArray[Any], NDArray[Any] | None, tuple[str, ...]]:
    """Convert 16-bit gray or float samples."""
    samples = np.asarray(image)
    if image.mode == "I":
        least, most = int(samples.min()), int(samples.max())
        if least < 0 or most > _WHOLE:
            raise InputError(f"{name} holds whole numbers from {least} to {most}: scale them to 0 to {_WHOLE}.")
        samples = samples.astype(np.uint16)
    levels = to_uint16(samples, name)
    clear = image.info.get("transparency")
    alpha = (levels != clear) * np.uint16(_WHOLE) if isinstance(clear, int) else None
    color, notes = to_srgb_deep(levels[..., None], find_profile(image.info))
    return color, alpha, notes


def _gray_factor(image: PIL.Image.Image) -> int:
    """Return the factor by which Pillow will scale the gray samples of a file not loaded yet to 8 bits."""
    if not isinstance(image, ImageFile) or image.format != "PNG" or not image.tile:
        return 1
    return _GRAY_FACTORS.get(str(image.tile[0][3]), 1)


def _scale_clear_gray(image: PIL.Image.Image, factor: int) -> PIL.Image.Image:
    """Return the image with its transparent gray, which Pillow reads unscaled, scaled like its samples."""
    clear = image.info.get("transparency")
    if factor == 1 or not isinstance(clear, int):
        return image
    scaled = image.copy()
    scaled.info["transparency"] = clear * factor
    return scaled


def _shallow(image: PIL.Image.Image, icc: bytes | None) -> tuple[NDArray[Any], NDArray[Any] | None, tuple[str, ...]]:
    """Convert samples of 8 bits or fewer."""
    alpha = None
    if image.has_transparency_data:
        image = image.convert("LA" if image.mode in _GRAY else "RGBA")
        alpha = np.asarray(image.getchannel("A"))
    if image.mode not in ("CMYK", "LAB"):
        image = image.convert("L" if image.mode in _GRAY else "RGB")
    color, notes = to_srgb(image, icc)
    return color, alpha, notes
