"""Pictures into files."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from brushwork.errors import InputError
from brushwork.picture.destination import put
from brushwork.picture.encode import encoded
from brushwork.picture.formats import Format, format_of
from brushwork.picture.window import Size
from brushwork.types import Image

_BITS = (8, 16)
_BEST = 100  # quality


def write_picture(
    image: Image,
    path: str | PathLike[str],
    *,
    alpha: Tensor | None = None,
    metadata: str | None = None,
    bits: int = 8,
    quality: int = 95,
    overwrite: bool = False,
) -> Path:
    """Write a picture as PNG, JPEG (4:4:4), WebP or TIFF, by the ending of the name; returns the path.

    Marked as sRGB. Values are clamped to [0, 1] and rounded. `alpha` (1, 1, h, w) is kept; JPEG cannot, and shows the
    picture over white (see `keeps_alpha`). 16 `bits` are kept in PNG and TIFF, and need the extra `giant`; JPEG and
    WebP have 8 (see `most_bits`). `metadata` is read by `read_metadata`. `quality` is for JPEG and WebP, 1 to 100.
    The file is there as a whole or not at all.

    Raises: InputError: an unknown ending, NaN, several pictures, a wrong option, a size the format does not hold, or
        a place that cannot be written.
    """
    path = Path(path).expanduser()
    format = format_of(path)
    _require_options(format, Size.of(image), bits, quality)
    levels = _levels(_layers(image, alpha, format), min(bits, format.bits))
    put(path, encoded(levels, format, metadata=metadata, quality=quality), overwrite=overwrite)
    return path


def _require_options(format: Format, size: Size, bits: int, quality: int) -> None:
    if bits not in _BITS:
        raise InputError(f"{bits} bits a sample cannot be written: take 8 or 16.")
    if not 1 <= quality <= _BEST:
        raise InputError(f"the quality is {quality}: take 1 to {_BEST}; 95 shows no loss.")
    if min(size) < 1 or max(size) > format.longest:
        raise InputError(f"{format.name} holds 1 to {format.longest} pixels a side, not {size}: write .png or .tif.")


def _layers(image: Tensor, alpha: Tensor | None, format: Format) -> NDArray[Any]:
    """Rows × columns × 3, or 4 with alpha where the format keeps it; over white where not."""
    if image.ndim != 4 or image.shape[:2] != (1, 3):
        raise InputError(f"the picture's shape is {tuple(image.shape)}: give one picture, (1, 3, height, width).")
    layers = [_finite(image, "picture")]
    if alpha is not None:
        if alpha.shape != (1, 1, *Size.of(image)):
            raise InputError(f"alpha has the shape {tuple(alpha.shape)}: give (1, 1, height, width) as the picture.")
        layers.append(_finite(alpha, "alpha"))
    if alpha is not None and not format.alpha:
        color, coverage = layers
        layers = [color * coverage + (1 - coverage)]
    return np.concatenate(layers, axis=-1)


def _finite(tensor: Tensor, name: str) -> NDArray[Any]:
    """Rows × columns × channels in [0, 1], as float32."""
    values = np.asarray(tensor.detach().float().cpu()[0].permute(1, 2, 0))
    if np.isnan(values).any():
        raise InputError(f"the {name} holds NaN, and cannot be written: nothing was.")
    return values.clip(0, 1)


def _levels(layers: NDArray[Any], bits: int) -> NDArray[Any]:
    """The nearest whole levels."""
    levels: NDArray[Any] = (layers * (2**bits - 1)).round().astype(f"uint{bits}")
    return levels
