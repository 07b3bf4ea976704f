"""Transfer curves, luminance and color spaces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import cos, radians, sin
from typing import NamedTuple, TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.choices import SpaceName
from brushwork.types import Feature, Image

Plane: TypeAlias = Float[Tensor, "_ 1 _ _"]

# IEC 61966-2-1:1999, equations 5 and 6: a line near black, a power above it.
_LINE_SLOPE, _LINE_END_LINEAR, _LINE_END_SRGB = 12.92, 0.0031308, 0.04045
_OFFSET, _POWER = 0.055, 2.4

COLOR_CHANNELS = 3
"""Number of channels of an image."""

_REC709 = (0.2126, 0.7152, 0.0722)  # ITU-R BT.709-6, item 3.2
_REC601 = (0.299, 0.587, 0.114)  # ITU-R BT.601-7, 2.5.1
_BLUE_GAIN, _RED_GAIN = 0.492111, 0.877283  # SMPTE 170M-2004: U = 0.492111 (B-Y), V = 0.877283 (R-Y)
_YIQ_TURN = 33.0  # degrees from U, V to Q, I: ibid.


Rows: TypeAlias = tuple[tuple[float, ...], ...]

# Linear sRGB to XYZ under D65: IEC 61966-2-1, eq. 7.
_TO_XYZ: Rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
_WHITE = tuple(sum(row) for row in _TO_XYZ)
_CUBE_ROOT_FROM = 6 / 29  # CIE 15:2004, 8.2.1: the cube root above this value of it, a line below
_FROM_ROOTS: Rows = ((0.0, 1.16, 0.0), (5.0, -5.0, 0.0), (0.0, 2.0, -2.0))  # ibid., divided by 100
_LAB_OFFSET = 0.16  # ibid., divided by 100

# B. Ottosson, A perceptual color space for image processing (2020): linear sRGB to cone responses, and their roots to
# Lab.
_TO_CONES: Rows = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_FROM_CONES: Rows = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)


_DIM = 0.01
"""Gray light added before light is multiplied, so that black has no color."""

_FIRST = (1.0, 0.0, 0.0)
_ALL = (1.0, 1.0, 1.0)


def srgb_to_linear(srgb: Tensor) -> Tensor:
    """Convert sRGB values to linear light: c/12.92 up to 0.04045, ((c+0.055)/1.055)^2.4 above.

    Source: IEC 61966-2-1, eq. 5 and 6.
    """
    # The clamp keeps the power on its own branch: on the other, its slope is infinite or undefined.
    curve = ((srgb.clamp(min=_LINE_END_SRGB) + _OFFSET) / (1 + _OFFSET)) ** _POWER
    return torch.where(srgb <= _LINE_END_SRGB, srgb / _LINE_SLOPE, curve)


def linear_to_srgb(linear: Tensor) -> Tensor:
    """Convert linear light to sRGB values: 12.92 c up to 0.0031308, 1.055 c^(1/2.4) - 0.055 above.

    Source: IEC 61966-2-1, eq. 9 and 10.
    """
    curve = (1 + _OFFSET) * linear.clamp(min=_LINE_END_LINEAR) ** (1 / _POWER) - _OFFSET
    return torch.where(linear <= _LINE_END_LINEAR, linear * _LINE_SLOPE, curve)


def luma(image: Image) -> Plane:
    """Return the luma Y' = 0.299 R + 0.587 G + 0.114 B of the sRGB values, in [0, 1]: the Y of YIQ.

    Source: ITU-R BT.601, 2.5.1.
    """
    return _apply_matrix(image, (_REC601,))


def rgb_to_yiq(image: Image) -> Image:
    """Convert to YIQ: luma, and the color differences of NTSC, I in ±0.5957 and Q in ±0.5226.

    Source: SMPTE 170M: U = 0.492111 (B-Y), V = 0.877283 (R-Y), rotated by 33°.
    """
    return _apply_matrix(image, _YIQ)


def yiq_to_rgb(image: Image) -> Image:
    """Convert from YIQ; the inverse of `rgb_to_yiq`."""
    return _apply_matrix(image, _YIQ_INVERSE)


def _apply_matrix(color: Tensor, rows: Rows) -> Tensor:
    """Multiply every pixel by a matrix."""
    return torch.einsum("oc,bchw->bohw", color.new_tensor(rows), color)


def _inverse(rows: Rows) -> Rows:
    inverse: list[list[float]] = torch.linalg.inv(torch.tensor(rows, dtype=torch.float64)).tolist()
    return tuple(tuple(row) for row in inverse)


def _yiq_rows() -> Rows:
    red, green, blue = _REC601
    u = tuple(_BLUE_GAIN * part for part in (-red, -green, 1 - blue))
    v = tuple(_RED_GAIN * part for part in (1 - red, -green, -blue))
    c, s = cos(radians(_YIQ_TURN)), sin(radians(_YIQ_TURN))
    turned_i = tuple(c * b - s * a for a, b in zip(u, v, strict=True))
    turned_q = tuple(s * b + c * a for a, b in zip(u, v, strict=True))
    return (_REC601, turned_i, turned_q)


_YIQ = _yiq_rows()
_YIQ_INVERSE = _inverse(_YIQ)


class ColorSpace(NamedTuple):
    """A color space with three coordinates. A gray of lightness L has the coordinates L · `gray`."""

    encode: Callable[[Image], Feature]
    """Converts from sRGB."""
    decode: Callable[[Feature], Image]
    """The inverse of `encode`; colors outside the sRGB gamut leave [0, 1]."""
    weights: tuple[float, ...]
    """Lightness is Σ weight · coordinate: 0 for black, 1 for white."""
    gray: tuple[float, ...]
    light: bool = False
    """Whether the coordinates are linear in light, so that a change of lightness multiplies them."""

    def lightness(self, color: Feature) -> Plane:
        """Return the lightness of every pixel."""
        return (color * _column(self.weights, color)).sum(1, keepdim=True)

    def with_lightness(self, color: Feature, lightness: Plane) -> Feature:
        """Return the color with another lightness: shifted along the gray axis or, in linear light, scaled."""
        if self.light:
            dim = _DIM * _column(self.gray, color)
            return (color + dim) * (lightness / (self.lightness(color) + _DIM))
        return color + (lightness - self.lightness(color)) * _column(self.gray, color)

    def grays_of(self, lightness: Plane) -> Feature:
        """Return the coordinates of grays of the given lightness."""
        return lightness * _column(self.gray, lightness)


def srgb_to_lab(image: Image) -> Feature:
    """Convert to CIE L*, a*, b* under D65, divided by 100: L in [0, 1].

    Source: CIE 15:2004, 8.2.1; IEC 61966-2-1, eq. 7.
    """
    ratios = _apply_matrix(srgb_to_linear(image), _TO_XYZ) / _column(_WHITE, image)
    line = ratios / (3 * _CUBE_ROOT_FROM**2) + 4 / 29
    roots = torch.where(ratios > _CUBE_ROOT_FROM**3, ratios.clamp(min=_CUBE_ROOT_FROM**3) ** (1 / 3), line)
    return _apply_matrix(roots, _FROM_ROOTS) - _column((_LAB_OFFSET, 0.0, 0.0), image)


def lab_to_srgb(lab: Feature) -> Image:
    """Convert from CIE Lab; the inverse of `srgb_to_lab`."""
    roots = _apply_matrix(lab + _column((_LAB_OFFSET, 0.0, 0.0), lab), _inverse(_FROM_ROOTS))
    ratios = torch.where(roots > _CUBE_ROOT_FROM, roots**3, 3 * _CUBE_ROOT_FROM**2 * (roots - 4 / 29))
    return linear_to_srgb(_apply_matrix(ratios * _column(_WHITE, lab), _inverse(_TO_XYZ)))


def srgb_to_oklab(image: Image) -> Feature:
    """Convert to Oklab: L in [0, 1], a in about −0.23 to 0.28, b in about −0.31 to 0.20.

    Source: B. Ottosson, A perceptual color space for image processing (2020).
    """
    cones = _apply_matrix(srgb_to_linear(image), _TO_CONES)
    return _apply_matrix(cones.sign() * cones.abs() ** (1 / 3), _FROM_CONES)


def oklab_to_srgb(oklab: Feature) -> Image:
    """Convert from Oklab; the inverse of `srgb_to_oklab`."""
    return linear_to_srgb(_apply_matrix(_apply_matrix(oklab, _inverse(_FROM_CONES)) ** 3, _inverse(_TO_CONES)))


def _same(image: Tensor) -> Tensor:
    return image


SPACES: Mapping[SpaceName, ColorSpace] = {
    "srgb": ColorSpace(_same, _same, _REC601, _ALL),
    "linear": ColorSpace(srgb_to_linear, linear_to_srgb, _REC709, _ALL, light=True),
    "yiq": ColorSpace(rgb_to_yiq, yiq_to_rgb, _FIRST, _FIRST),
    "lab": ColorSpace(srgb_to_lab, lab_to_srgb, _FIRST, _FIRST),
    "oklab": ColorSpace(srgb_to_oklab, oklab_to_srgb, _FIRST, _FIRST),
}
"""The color spaces, by name."""


def _column(numbers: tuple[float, ...], like: Tensor) -> Tensor:
    return like.new_tensor(numbers).view(1, -1, 1, 1)
