"""Pictures that are numbers in memory already."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from brushwork.errors import InputError
from brushwork.picture.limits import require_size
from brushwork.picture.picture import IN_MEMORY, Picture, Raster
from brushwork.picture.window import Size

_WIDE = 16  # bits
_ROUNDING = 1e-4
"""How far a float may stray out of [0, 1] by rounding of the arithmetic before; it is clamped."""


def from_array(array: NDArray[Any], max_pixels: int) -> Picture:
    """A picture from rows × columns (gray), × 3 (sRGB) or × 4 (sRGB and alpha).

    uint8 and uint16 count to their largest value, floats to 1.

    Raises: InputError: another shape or type, values out of range.
    """
    _require_array_shape(array, max_pixels)
    if array.dtype.kind == "f":
        array = in_range(array)
    elif array.dtype.kind != "u" or array.dtype.itemsize * 8 > _WIDE:
        raise InputError(
            f"the array holds {array.dtype}: give uint8 (0 to 255), uint16 (0 to 65535), or floats from 0 to 1."
        )
    layers = array.reshape(*array.shape[:2], -1)
    color, alpha = (layers[..., :3], layers[..., 3]) if layers.shape[-1] == 4 else (layers, None)
    return Raster(color, alpha, bits=16 if array.dtype.kind == "u" and array.dtype.itemsize == 2 else 8).picture(
        IN_MEMORY
    )


def from_tensor(tensor: Tensor, max_pixels: int) -> Picture:
    """A picture from a float tensor, 3 × rows × columns with or without a batch axis of 1, values from 0 to 1.

    It is copied to the CPU and has no gradient.

    Raises: InputError: another shape or type, values out of range.
    """
    shape = tuple(tensor.shape)
    if len(shape) not in (3, 4) or shape[-3] != 3 or (len(shape) == 4 and shape[0] != 1):
        raise InputError(f"the tensor's shape is {shape}: give (3, height, width) or (1, 3, height, width).")
    require_size("the tensor", Size.of(tensor), max_pixels)
    if not tensor.is_floating_point():
        raise InputError(f"the tensor holds {tensor.dtype}: give floats from 0 to 1 (`tensor / 255` for uint8).")
    # One float type for numpy, which has no bfloat16.
    values = tensor.detach().to("cpu", torch.promote_types(tensor.dtype, torch.float32)).reshape(3, *shape[-2:])
    return Raster(in_range(values.permute(1, 2, 0).numpy())).picture(IN_MEMORY)


def in_range(values: NDArray[Any], name: str = "the picture") -> NDArray[Any]:
    """Floats that are samples of a picture: finite and from 0 to 1, but for rounding.

    Raises: InputError: NaN, or values out of range.
    """
    least, most = float(values.min()), float(values.max())
    if not np.isfinite([least, most]).all():
        raise InputError(f"{name} holds NaN or infinity: give finite values from 0 to 1.")
    if least < -_ROUNDING or most > 1 + _ROUNDING:
        raise InputError(f"{name} holds floats from {least:.4g} to {most:.4g}: scale or clamp them to 0 to 1.")
    return values.clip(0, 1)


def _require_array_shape(array: NDArray[Any], max_pixels: int) -> None:
    shape = array.shape
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in (3, 4)):
        first = len(shape) == 3 and shape[0] in (3, 4)
        hint = " Channels come last: `array.transpose(1, 2, 0)`." if first else ""
        raise InputError(
            f"the array's shape is {shape}: give (height, width), (height, width, 3) or (height, width, 4).{hint}"
        )
    require_size("the array", Size(shape[0], shape[1]), max_pixels)
