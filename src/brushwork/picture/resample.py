"""Pictures at other sizes."""

from __future__ import annotations

from math import isqrt
from typing import Literal, TypeAlias

import torch
import torch.nn.functional as F

from brushwork.errors import InputError
from brushwork.picture.window import Size
from brushwork.types import Feature

Kernel: TypeAlias = Literal["bicubic", "bilinear", "nearest"]
SideMeasure: TypeAlias = Literal["long", "short", "area"]

_MODES = {"bicubic": "bicubic", "bilinear": "bilinear", "nearest": "nearest-exact"}
"""nearest-exact takes the pixel under the center, as every other program does; torch's `nearest` takes its corner."""

_STEEPEST = 16
"""How many times smaller one step makes a side: torch's CUDA kernels run out of shared memory at 23 (float64)."""


def resize(
    image: Feature, size: Size, *, kernel: Kernel = "bicubic", antialias: bool = True, clamp: bool = False
) -> Feature:
    """The picture at another size; pixel centers lie at half integers, borders are renormalized. Differentiable.

    With `antialias` the kernel widens with the shrinking, and bicubic is Keys' with a = -1/2, as in Pillow; without,
    torch's own with a = -3/4. What becomes more than 16 times smaller is brought to 16 times by triangles first.
    Bicubic overshoots at edges; `clamp` cuts that off at [0, 1]. A picture that has the size already is returned as it
    is, not copied.

    Raises: InputError: an empty size, an unknown kernel.
    Source: Keys 1981, Cubic convolution interpolation.
    """
    if kernel not in _MODES:
        raise InputError(f"no kernel is called {kernel!r}: take one of {', '.join(_MODES)}.")
    if min(size) < 1:
        raise InputError(f"a picture cannot be resized to {size}: both sides must be 1 pixel or more.")
    if Size.of(image) == size:
        return image.clamp(0, 1) if clamp and _leaves_range(image) else image
    if kernel == "nearest":
        return F.interpolate(image, tuple(size), mode=_MODES[kernel])
    if antialias:
        resized = _antialiased(image, size, kernel)
    else:
        resized = F.interpolate(image, tuple(size), mode=_MODES[kernel], align_corners=False)
    return resized.clamp(0, 1) if clamp else resized


def _leaves_range(image: Feature) -> bool:
    """Whether there is something to clamp. On `meta`, which has no numbers, there is not."""
    if image.is_meta:
        return False
    least, most = torch.aminmax(image.detach())
    return not (least >= 0 and most <= 1)


def _antialiased(image: Feature, size: Size, kernel: Kernel) -> Feature:
    """In several steps beyond `_STEEPEST`, and with the sides exchanged for pictures of one column."""
    own = Size.of(image)
    halfway = Size(min(own.height, _STEEPEST * size.height), min(own.width, _STEEPEST * size.width))
    if halfway != own:
        image = _antialiased(image, halfway, "bilinear")
    if size.width == 1 < size.height:
        # torch (2.13, CPU) writes its first row into every row where the width becomes 1.
        return _antialiased(image.transpose(-1, -2), Size(1, size.height), kernel).transpose(-1, -2)
    return F.interpolate(image, tuple(size), mode=_MODES[kernel], align_corners=False, antialias=True)


def fit_size(size: Size, pixels: int, *, measure: SideMeasure) -> Size:
    """The size with the same proportions that measures `pixels`, be it larger or smaller.

    `long`, `short`: that side is exactly `pixels`; the other is rounded to the nearest, halves up.
    `area`: as many pixels as a square with this side has, h·w ≤ pixels²; both sides are rounded down.
    No side is ever 0, however long the picture is.

    Raises: InputError: `pixels` under 1, an empty size, an unknown measure.
    """
    if pixels < 1 or min(size) < 1:
        raise InputError(f"a picture of {size} cannot be made {pixels} pixels: both must be 1 or more.")
    if measure == "area":
        return _fit_area(size, pixels)
    if measure not in ("long", "short"):
        raise InputError(f"no measure is called {measure!r}: take long, short or area.")
    measured = max(size) if measure == "long" else min(size)
    # In whole numbers: halves go up, and the measured side itself comes out exactly.
    return Size(*(max(1, (2 * side * pixels + measured) // (2 * measured)) for side in size))


def _fit_area(size: Size, pixels: int) -> Size:
    """h' = √(pixels² h/w), w' = √(pixels² w/h), rounded down in whole numbers."""
    height, width = size
    if height > width:
        return Size(*reversed(_fit_area(Size(width, height), pixels)))
    fitting = max(1, isqrt(pixels**2 * height // width))
    return Size(fitting, max(1, min(isqrt(pixels**2 * width // height), pixels**2 // fitting)))
