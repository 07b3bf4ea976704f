"""Encode images: quantization to integer levels, and Pillow's formats."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import PIL.Image
import torch
from numpy.typing import NDArray
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.files import quiet_pillow, require_vips
from brushwork.images.formats import ImageFormat
from brushwork.images.geometry import Size, rows_at_a_time
from brushwork.images.icc import make_srgb_profile
from brushwork.images.metadata import insert_jpeg_text, insert_png_text, make_xmp_packet
from brushwork.types import Image

_XMP = 700  # TIFF tag


def encode_image(samples: NDArray[Any], format: ImageFormat, *, metadata: str | None, quality: int) -> bytes:
    """Return the encoded file for samples of rows × columns × 3 or 4 (alpha), uint8 or uint16, marked as sRGB.

    Raises: InputError: samples that the format cannot hold; 16 bits without pyvips.
    """
    if samples.dtype == np.uint16:
        content = _encode_deep(samples, format, metadata)
    else:
        content = _encode_shallow(samples, format, metadata, quality)
    if metadata is not None and format.name == "PNG":
        return insert_png_text(content, metadata)
    if metadata is not None and format.name == "JPEG":
        return insert_jpeg_text(content, metadata)
    return content


def _encode_shallow(levels: NDArray[Any], format: ImageFormat, metadata: str | None, quality: int) -> bytes:
    xmp = b"" if metadata is None else make_xmp_packet(metadata)
    options: dict[str, dict[str, Any]] = {
        "PNG": {},
        "JPEG": {"quality": quality, "subsampling": "4:4:4"},
        # `exact` keeps the colors under alpha 0: they are part of the result.
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


def _encode_deep(levels: NDArray[Any], format: ImageFormat, metadata: str | None) -> bytes:
    pyvips = require_vips(f"{format.name} is written with 16 bits a sample")
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


def quantize(image: Image, bits: int = 8, *, alpha: Tensor | None = None, over_white: bool = False) -> NDArray[Any]:
    """Return the nearest integer levels, rows × columns × 3, or 4 with alpha; values are clamped to [0, 1].

    With `over_white`, the image is composited over white instead of keeping alpha.
    """
    height, width = Size.of(image)
    channels = 3 if alpha is None or over_white else 4
    whole = np.empty((height, width, channels), f"uint{bits}")
    rows_of_strip = rows_at_a_time(width)
    for top in range(0, height, rows_of_strip):
        rows = slice(top, top + rows_of_strip)
        strip = [_values(one[..., rows, :]) for one in (image, alpha) if one is not None]
        if over_white and alpha is not None:
            color, coverage = strip
            strip = [color * coverage + (1 - coverage)]
        whole[rows] = (np.concatenate(strip, axis=-1) * (2**bits - 1)).round()
    return whole


def require_no_nan(tensor: Tensor, name: str) -> None:
    """Refuse NaN. Infinities are allowed: they are clamped later.

    Raises: InputError: the tensor holds NaN.
    """
    if any(torch.isnan(bound) for bound in torch.aminmax(tensor.detach())):
        raise InputError(f"the {name} holds NaN, and was not written.")


def _values(tensor: Tensor) -> NDArray[Any]:
    """Return rows × columns × channels in [0, 1], as float32."""
    return np.asarray(tensor.detach().float().cpu()[0].permute(1, 2, 0)).clip(0, 1)
