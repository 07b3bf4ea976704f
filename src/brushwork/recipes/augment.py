"""Rotated, scaled and mirrored copies of a style image, without padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import cos, radians, sin

import torch
from torch.nn import functional

from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.types import Image

_REACH = 2
"""Number of pixels that bicubic interpolation reads on each side."""


def augment_style(
    style: Image, size: Size, degrees: Sequence[float], scales: Sequence[float], mirrored: bool = True
) -> Iterator[Image]:
    """Yield copies of a style image, rotated by every angle and scaled by every factor; with `mirrored`, also mirrored.

    At scale 1 and without rotation, the copy has the size `size`. Rotated copies show less of the image: the largest
    upright rectangle inside the rotated one. Empty copies are skipped.

    Source: Li & Wand, 1604.04382, and their program: 3 angles × 3 scales × 2.
    """
    own = Size.of(style)
    for angle, scale in product(degrees, scales):
        copy = rotate(style, angle)
        copy_size = Size.of(copy)
        height, width = (
            round(side * whole / before * scale) for side, whole, before in zip(copy_size, size, own, strict=True)
        )
        if min(height, width) < 1:
            continue
        scaled = resize(copy, Size(height, width), clamp=True)
        yield scaled
        if mirrored:
            yield scaled.flip(-1)


def rotate(image: Image, degrees: float) -> Image:
    """Rotate an image counterclockwise about its center, and crop it to an upright rectangle without gaps.

    Interpolation is bicubic. At 0 degrees the image is returned unchanged.
    """
    if degrees == 0:
        return image
    height, width = Size.of(image)
    inner = _inscribed_size(height - 2 * _REACH, width - 2 * _REACH, degrees)
    if min(inner) < 1:
        return image[..., :0, :0]
    down, across = (torch.arange(side, device=image.device) - (side - 1) / 2 for side in inner)
    y, x = torch.meshgrid(down, across, indexing="ij")
    turn, slope = cos(radians(degrees)), sin(radians(degrees))
    grid = torch.stack([(turn * x - slope * y) * 2 / (width - 1), (slope * x + turn * y) * 2 / (height - 1)], dim=-1)
    grid = grid.to(image.dtype).expand(len(image), -1, -1, -1)
    return functional.grid_sample(image, grid, mode="bicubic", align_corners=True)


def _inscribed_size(height: int, width: int, degrees: float) -> Size:
    """Return the size of the largest upright rectangle inside a rotated one, in whole pixels."""
    slope, turn = abs(sin(radians(degrees))), abs(cos(radians(degrees)))
    short, long = sorted((height, width))
    if short <= 2 * slope * turn * long or abs(slope - turn) < 1e-9:  # two corners touch the long sides
        half = short / 2
        across, down = (half / slope, half / turn) if width >= height else (half / turn, half / slope)
    else:
        double = turn**2 - slope**2
        across, down = (width * turn - height * slope) / double, (height * turn - width * slope) / double
    return Size(int(down), int(across))
