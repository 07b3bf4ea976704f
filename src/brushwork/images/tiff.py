"""Read the first directory of TIFF files.

Source: TIFF 6.0, section 2; the BigTIFF design (entries of 20 bytes instead of 12, counted in 8 bytes instead of 2).
"""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import BinaryIO, cast

from PIL.ExifTags import Base
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from brushwork.images.files import File, quiet_pillow
from brushwork.images.orientation import UPRIGHT

_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_LITTLE_ENDIAN, _BIG_TIFF = b"II", b"+"
_HEADER_LENGTH, _BIG_HEADER_LENGTH = 8, 16
_SHORT = 3
_ORIENTATIONS = range(1, 9)


def tiff_directory(file: File) -> ImageFileDirectory_v2 | None:
    """Return the first directory of a TIFF file; None for other files. Damaged files may raise any exception."""
    if (directory := _unread(file)) is None:
        return None
    file.seek(directory.next)
    with quiet_pillow():
        directory.load(cast(BinaryIO, file))
    return directory


def content_for_vips(file: File) -> bytes:
    """Return the bytes of a file. An invalid TIFF orientation, which libvips refuses, is replaced by upright."""
    with suppress(Exception):  # damaged in some way: decoding will report it
        directory = _unread(file)
        if directory is not None:
            file.seek(0)
            return _plainly_oriented(file.read(), directory.next)
    file.seek(0)
    return file.read()


def _unread(file: File) -> ImageFileDirectory_v2 | None:
    file.seek(0)
    start = file.read(_BIG_HEADER_LENGTH)
    if not start.startswith(_SIGNATURES):
        return None
    return ImageFileDirectory_v2(start if _BIG_TIFF in start[:4] else start[:_HEADER_LENGTH])


def _plainly_oriented(content: bytes, directory: int) -> bytes:
    order = "<" if content.startswith(_LITTLE_ENDIAN) else ">"
    number, head, rest = ("Q", "HHQ", 8) if _BIG_TIFF in content[:4] else ("H", "HHI", 4)
    (count,) = struct.unpack_from(order + number, content, directory)
    first, length = directory + struct.calcsize(order + number), struct.calcsize(order + head)
    for place in range(first, first + count * (length + rest), length + rest):
        at = place + length
        (value,) = struct.unpack_from(order + "H", content, at)
        lying = struct.unpack_from(order + head, content, place) == (Base.Orientation, _SHORT, 1)
        if lying and value not in _ORIENTATIONS:
            return content[:at] + struct.pack(order + "H", UPRIGHT) + content[at + 2 :]
    return content
