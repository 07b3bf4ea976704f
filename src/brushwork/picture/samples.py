"""How many bits a file keeps for each sample: Pillow gives 8 of 16 without a word."""

from __future__ import annotations

from typing import BinaryIO, NamedTuple, cast

import PIL.Image
from PIL.TiffImagePlugin import BITSPERSAMPLE, SAMPLESPERPIXEL, ImageFileDirectory_v2

from brushwork.picture.files import File

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_HEADER_LENGTH = 26  # signature 8, length and type 8, width and height 8, bit depth, color type
_PNG_GRAY, _PNG_PALETTE = 0, 3  # color types, ISO/IEC 15948, table 11.1
_TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BIG_TIFF = b"+"
_TIFF_HEADER_LENGTH, _BIG_TIFF_HEADER_LENGTH = 8, 16
_BITS_OF_PILLOW = 8
_GRAY_CHANNELS = 1


class Samples(NamedTuple):
    """What one pixel of a file is made of."""

    bits: int
    channels: int

    @property
    def deep(self) -> bool:
        """More bits than Pillow's color modes have."""
        return self.bits > _BITS_OF_PILLOW

    @property
    def gray(self) -> bool:
        """One channel only: Pillow reads that at 16 bits, and as floats, too."""
        return self.channels == _GRAY_CHANNELS


def samples_of(file: File) -> Samples | None:
    """The samples of a PNG or TIFF file by its header; None for others and for damaged ones."""
    file.seek(0)
    start = file.read(_PNG_HEADER_LENGTH)
    if start.startswith(_PNG_SIGNATURE) and len(start) == _PNG_HEADER_LENGTH:
        return Samples(start[-2], _GRAY_CHANNELS if start[-1] in (_PNG_GRAY, _PNG_PALETTE) else 3)
    if start.startswith(_TIFF_SIGNATURES):
        try:
            return _tiff_samples(file, start)
        except Exception:  # damaged in whatever way: decoding will say so
            return None
    return None


def _tiff_samples(file: File, start: bytes) -> Samples:
    length = _BIG_TIFF_HEADER_LENGTH if _BIG_TIFF in start[:4] else _TIFF_HEADER_LENGTH
    directory = ImageFileDirectory_v2(start[:length])
    file.seek(directory.next)
    directory.load(cast(BinaryIO, file))
    return Samples(max(directory.get(BITSPERSAMPLE, (1,))), int(directory.get(SAMPLESPERPIXEL, 1)))


def narrowed(image: PIL.Image.Image) -> bool:
    """Whether Pillow keeps 8 bits of a color sample that has more in the file it was opened from."""
    if image.mode.startswith(("I", "F")):
        return False
    if image.format == "TIFF":
        return bool(max(getattr(image, "tag_v2", {}).get(BITSPERSAMPLE, (1,))) > _BITS_OF_PILLOW)
    arguments = [str(tile[3]) for tile in getattr(image, "tile", ()) if image.format in ("PNG", "PPM")]
    return any(argument.endswith((";16B", "65535)")) for argument in arguments)
