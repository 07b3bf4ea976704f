"""Bit depth of image files; Pillow silently reduces 16-bit samples to 8 bits."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

import PIL.Image
from PIL.TiffImagePlugin import BITSPERSAMPLE, SAMPLESPERPIXEL

from brushwork.images.files import File
from brushwork.images.png import SIGNATURE
from brushwork.images.tiff import tiff_directory

_PNG_HEADER_LENGTH = 26  # signature 8, length and type 8, width and height 8, bit depth, color type
_PNG_GRAY, _PNG_PALETTE = 0, 3  # color types, ISO/IEC 15948, table 11.1
_BITS_OF_PILLOW = 8
_GRAY_CHANNELS = 1


class SampleFormat(NamedTuple):
    """Bits per sample, and number of channels, of an image file."""

    bits: int
    channels: int

    @property
    def is_deep(self) -> bool:
        """Whether samples have more bits than Pillow's color modes."""
        return self.bits > _BITS_OF_PILLOW

    @property
    def is_gray(self) -> bool:
        """Whether there is one channel only, which Pillow also reads as 16 bits or as floats."""
        return self.channels == _GRAY_CHANNELS


def read_sample_format(file: File) -> SampleFormat | None:
    """Read the sample format from the header of a PNG or TIFF file; None for other and for damaged files."""
    file.seek(0)
    start = file.read(_PNG_HEADER_LENGTH)
    if start.startswith(SIGNATURE) and len(start) == _PNG_HEADER_LENGTH:
        return SampleFormat(start[-2], _GRAY_CHANNELS if start[-1] in (_PNG_GRAY, _PNG_PALETTE) else 3)
    with suppress(Exception):  # damaged in some way: decoding will report it
        if (directory := tiff_directory(file)) is not None:
            return SampleFormat(max(directory.get(BITSPERSAMPLE, (1,))), int(directory.get(SAMPLESPERPIXEL, 1)))
    return None


def is_narrowed(image: PIL.Image.Image) -> bool:
    """Return whether Pillow keeps only 8 bits of color samples that have more in the file."""
    if image.mode.startswith(("I", "F")):
        return False
    if image.format == "TIFF":
        return bool(max(getattr(image, "tag_v2", {}).get(BITSPERSAMPLE, (1,))) > _BITS_OF_PILLOW)
    arguments = [str(tile[3]) for tile in getattr(image, "tile", ()) if image.format in ("PNG", "PPM")]
    return any(argument.endswith((";16B", "65535)")) for argument in arguments)
