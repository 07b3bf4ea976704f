"""Transfer curves, luminance, and the color space of old television."""

from __future__ import annotations

from math import cos, radians, sin
from typing import TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.types import Image

Plane: TypeAlias = Float[Tensor, "_ 1 _ _"]

# IEC 61966-2-1:1999, equations 5 and 6: a line near black, a power above it.
_LINE_SLOPE, _LINE_END_LINEAR, _LINE_END_SRGB = 12.92, 0.0031308, 0.04045
_OFFSET, _POWER = 0.055, 2.4

_REC709 = (0.2126, 0.7152, 0.0722)  # ITU-R BT.709-6, item 3.2
_REC601 = (0.299, 0.587, 0.114)  # ITU-R BT.601-7, 2.5.1
_BLUE_GAIN, _RED_GAIN = 0.492111, 0.877283  # SMPTE 170M-2004: U = 0.492111 (B-Y), V = 0.877283 (R-Y)
_YIQ_TURN = 33.0  # degrees from U, V to Q, I: ibid.


def srgb_to_linear(srgb: Tensor) -> Tensor:
    """Light from display values: c/12.92 up to 0.04045, ((c+0.055)/1.055)^2.4 above.

    Source: IEC 61966-2-1, eq. 5 and 6.
    """
    # The power is taken of values of its own branch only: its slope is infinite or undefined in the other.
    curve = ((srgb.clamp(min=_LINE_END_SRGB) + _OFFSET) / (1 + _OFFSET)) ** _POWER
    return torch.where(srgb <= _LINE_END_SRGB, srgb / _LINE_SLOPE, curve)


def linear_to_srgb(linear: Tensor) -> Tensor:
    """Display values from light: 12.92 c up to 0.0031308, 1.055 c^(1/2.4) - 0.055 above.

    Source: IEC 61966-2-1, eq. 9 and 10.
    """
    curve = (1 + _OFFSET) * linear.clamp(min=_LINE_END_LINEAR) ** (1 / _POWER) - _OFFSET
    return torch.where(linear <= _LINE_END_LINEAR, linear * _LINE_SLOPE, curve)


def luminance(image: Image) -> Plane:
    """Relative luminance Y = 0.2126 R + 0.7152 G + 0.0722 B of the linear light, in [0, 1].

    Source: ITU-R BT.709, item 3.2; sRGB has the same primaries.
    """
    return _mixed(srgb_to_linear(image), [_REC709])


def luma(image: Image) -> Plane:
    """Y' = 0.299 R + 0.587 G + 0.114 B of the display values, in [0, 1]: the Y of YIQ.

    Source: ITU-R BT.601, 2.5.1.
    """
    return _mixed(image, [_REC601])


def rgb_to_yiq(image: Image) -> Image:
    """Luma and the two color differences of NTSC, I in ±0.5957 and Q in ±0.5226.

    Source: SMPTE 170M: U = 0.492111 (B-Y), V = 0.877283 (R-Y), turned by 33°.
    """
    return _mixed(image, _YIQ)


def yiq_to_rgb(image: Image) -> Image:
    """The inverse of `rgb_to_yiq`."""
    return _mixed(image, _YIQ_INVERSE)


def _mixed(image: Tensor, rows: list[tuple[float, ...]]) -> Tensor:
    """Every pixel times a matrix."""
    return torch.einsum("oc,bchw->bohw", image.new_tensor(rows), image)


def _yiq_rows() -> list[tuple[float, ...]]:
    red, green, blue = _REC601
    u = tuple(_BLUE_GAIN * part for part in (-red, -green, 1 - blue))
    v = tuple(_RED_GAIN * part for part in (1 - red, -green, -blue))
    c, s = cos(radians(_YIQ_TURN)), sin(radians(_YIQ_TURN))
    turned_i = tuple(c * b - s * a for a, b in zip(u, v, strict=True))
    turned_q = tuple(s * b + c * a for a, b in zip(u, v, strict=True))
    return [_REC601, turned_i, turned_q]


_YIQ = _yiq_rows()
_YIQ_INVERSE = [tuple(row) for row in torch.linalg.inv(torch.tensor(_YIQ, dtype=torch.float64)).tolist()]
