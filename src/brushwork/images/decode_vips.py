"""Decode 16-bit images with libvips, with the orientation and color profile that Pillow reads."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from brushwork.errors import InputError
from brushwork.images.arrays import to_uint16
from brushwork.images.decode_pillow import open_with_pillow
from brushwork.images.files import File
from brushwork.images.geometry import Size, require_size
from brushwork.images.icc import lab_to_srgb16, to_srgb_deep
from brushwork.images.loaded import LAB_NOTE, DecodedSamples, damaged_file_error, frames_note
from brushwork.images.orientation import read_orientation
from brushwork.images.png import make_decodable
from brushwork.images.primaries import find_profile
from brushwork.images.tiff import content_for_vips

_CHANNELS = (1, 3, 4)  # gray, RGB or Lab, CMYK

_TURNED_BY_VIPS = "TIFF"
_ORIENTATION, _PROFILE = "orientation", "icc-profile-data"


def read_deep(pyvips: Any, file: File, name: str, max_pixels: int) -> DecodedSamples:
    """Decode the image in a file at 16 bits a sample.

    Floats are sRGB values in [0, 1].

    Raises: InputError: too large, damaged, samples of another kind, or out of range.
    """
    file, notes = make_decodable(file)
    said = read_stated_pixels(file, name)
    try:
        image = pyvips.Image.new_from_buffer(content_for_vips(file), "", fail_on="error")
        require_size(name, Size(image.height, image.width), max_pixels)
        return _raster(mark_stated(pyvips, image, said).autorot(), name).with_notes(*notes)
    except pyvips.Error as error:
        raise damaged_file_error(name, error) from error


def _raster(image: Any, name: str) -> DecodedSamples:
    icc = image.get("icc-profile-data") if image.get_typeof("icc-profile-data") else None
    frames = image.get("n-pages") if image.get_typeof("n-pages") else 1
    bands = image.bands - 1 if image.hasalpha() else image.bands
    if bands not in _CHANNELS:
        raise InputError(f"{name} has {image.bands} samples in a pixel: save it as gray, RGB or CMYK.")
    color = image.extract_band(0, n=bands)
    notes: tuple[str, ...]
    if image.interpretation in ("lab", "labs"):
        pixels, notes = lab_to_srgb16(_array(color.colourspace("lab"))), (LAB_NOTE,)
    else:
        pixels, notes = to_srgb_deep(to_uint16(_array(color), name), icc)
    alpha = to_uint16(_array(image.extract_band(bands)), name)[..., 0] if image.hasalpha() else None
    return DecodedSamples(pixels, alpha, (*frames_note(frames), *notes), bits=16)


def _array(image: Any) -> NDArray[Any]:
    samples = np.asarray(image.numpy())
    return samples.reshape(*samples.shape[:2], -1)


class StatedPixels(NamedTuple):
    """Orientation and color profile that a file declares; None: libvips determines it."""

    orientation: int | None = None
    profile: bytes | None = None


def read_stated_pixels(file: File, name: str) -> StatedPixels:
    """Read the orientation and color profile of a file, without decoding its pixels."""
    with suppress(InputError), open_with_pillow(file, name) as image:
        turned = None if image.format == _TURNED_BY_VIPS else read_orientation(image)
        return StatedPixels(turned, find_profile(image.info))
    return StatedPixels()


def mark_stated(pyvips: Any, image: Any, said: StatedPixels) -> Any:
    """Return the libvips image with the declared orientation and color profile attached."""
    image = image.copy()
    if said.orientation is not None:
        image.set_type(pyvips.GValue.gint_type, _ORIENTATION, said.orientation)
    if said.profile is not None and not image.get_typeof(_PROFILE):
        image.set_type(pyvips.GValue.blob_type, _PROFILE, said.profile)
    return image
