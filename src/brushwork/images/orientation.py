"""Image orientation from EXIF or XMP data."""

from __future__ import annotations

import PIL.Image
from PIL.ExifTags import Base
from PIL.Image import Transpose

UPRIGHT = 1

_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""EXIF orientation → the transposition that makes the image upright."""

_FIRST_ON_ITS_SIDE = 5
_TURNED_BY_PILLOW = "TIFF"


def read_orientation(image: PIL.Image.Image) -> int | None:
    """Return the EXIF orientation of an image, 1 to 8; None if its data cannot be read. Other values count as upright.

    Nothing else in the data is read.
    """
    if image.format == _TURNED_BY_PILLOW:
        return UPRIGHT
    try:
        # Not the method of PNG files, which decodes the image.
        found = PIL.Image.Image.getexif(image).get(Base.Orientation, UPRIGHT)
    except Exception:  # EXIF is a file format inside a file format, and can be damaged in as many ways
        return None
    return int(found) if found in _TURNS else UPRIGHT


def is_rotated(image: PIL.Image.Image) -> bool:
    """Return whether the orientation exchanges rows and columns."""
    return (read_orientation(image) or UPRIGHT) >= _FIRST_ON_ITS_SIDE


def apply_orientation(image: PIL.Image.Image) -> PIL.Image.Image:
    """Return the image rotated and mirrored to be upright."""
    turn = _TURNS.get(read_orientation(image) or UPRIGHT)
    return image if turn is None else image.transpose(turn)
