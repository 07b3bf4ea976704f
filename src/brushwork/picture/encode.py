"""Pictures as the bytes of a file."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from brushwork.errors import InputError
from brushwork.picture.calm import quiet_pillow
from brushwork.picture.formats import ImageFormat
from brushwork.picture.metadata import insert_jpeg_text, insert_png_text, make_xmp_packet
from brushwork.picture.profile import make_srgb_profile
from brushwork.picture.vips import require_vips

_XMP = 700  # TIFF tag


def encode_image(samples: NDArray[Any], format: ImageFormat, *, metadata: str | None, quality: int) -> bytes:
    """The file's content for samples of rows × columns × 3 or 4 (alpha), uint8 or uint16, marked as sRGB.

    Raises: InputError: what the format cannot hold; 16 bits without pyvips.
    """
    if samples.dtype == np.uint16:
        content = _encoded_deep(samples, format, metadata)
    else:
        content = _encoded_shallow(samples, format, metadata, quality)
    if metadata is not None and format.name == "PNG":
        return insert_png_text(content, metadata)
    if metadata is not None and format.name == "JPEG":
        return insert_jpeg_text(content, metadata)
    return content


def _encoded_shallow(levels: NDArray[Any], format: ImageFormat, metadata: str | None, quality: int) -> bytes:
    xmp = b"" if metadata is None else make_xmp_packet(metadata)
    options: dict[str, dict[str, Any]] = {
        "PNG": {},
        "JPEG": {"quality": quality, "subsampling": "4:4:4"},
        # `exact` keeps the colors under alpha 0: they are painted.
        "WEBP": {"quality": quality, "exact": True, "xmp": xmp},
        "TIFF": {"compression": "tiff_adobe_deflate", "tiffinfo": {_XMP: xmp} if xmp else {}},
    }
    content = BytesIO()
    try:
        with quiet_pillow():
            PIL.Image.fromarray(levels).save(
                content, format.name, icc_profile=make_srgb_profile(), **options[format.name]
            )
    except (OSError, ValueError) as error:
        raise InputError(f"the picture cannot be written as {format.name} ({error}): try PNG.") from error
    return content.getvalue()


def _encoded_deep(levels: NDArray[Any], format: ImageFormat, metadata: str | None) -> bytes:
    pyvips = require_vips(f"{format.name} is to be written with 16 bits a sample")
    image = pyvips.Image.new_from_array(np.ascontiguousarray(levels), interpretation="rgb16").copy()
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", make_srgb_profile())
    try:
        if format.name == "PNG":
            return bytes(image.pngsave_buffer(filter="all", keep="icc"))
        if metadata is not None:
            image.set_type(pyvips.GValue.blob_type, "xmp-data", make_xmp_packet(metadata))
        return bytes(image.tiffsave_buffer(compression="deflate", predictor="horizontal", keep="icc|xmp"))
    except pyvips.Error as error:
        raise InputError(f"the picture cannot be written as {format.name} ({error}): try 8 bits.") from error
