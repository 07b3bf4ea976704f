"""Which way up a picture is, as its EXIF or XMP data say."""

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
"""EXIF orientation → what makes such a picture upright."""

_FIRST_ON_ITS_SIDE = 5
_TURNED_BY_PILLOW = "TIFF"


def read_orientation(image: PIL.Image.Image) -> int | None:
    """How the pixels of a picture lie, 1 to 8; None: its data cannot be read. Other values count as upright.

    Whatever else is in the data is not looked at.
    """
    if image.format == _TURNED_BY_PILLOW:
        return UPRIGHT
    try:
        # Not the method of PNG files, which decodes the picture.
        found = PIL.Image.Image.getexif(image).get(Base.Orientation, UPRIGHT)
    except Exception:  # EXIF is a file format inside a file format, and damaged as variously
        return None
    return int(found) if found in _TURNS else UPRIGHT


def is_rotated(image: PIL.Image.Image) -> bool:
    """Whether rows and columns change places."""
    return (read_orientation(image) or UPRIGHT) >= _FIRST_ON_ITS_SIDE


def apply_orientation(image: PIL.Image.Image) -> PIL.Image.Image:
    """The picture turned and mirrored as its data say."""
    turn = _TURNS.get(read_orientation(image) or UPRIGHT)
    return image if turn is None else image.transpose(turn)
