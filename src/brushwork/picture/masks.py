"""Masks: which part of a photograph is painted after which part of a painting."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from brushwork.errors import InputError
from brushwork.picture.limits import MAX_PIXELS
from brushwork.picture.read import read_picture
from brushwork.types import Image, Mask

SAME_COLOR = 64.0
"""Distance in the RGB cube, white being 255 a channel, below which two colors of a map are the same."""

SMALLEST_SHARE = 0.01
"""Of a map's pixels: colors of fewer are what compression and smoothing leave at the edges."""

_GRAY = 8.0
"""Differences between channels, of 255, up to which a mask counts as gray: compression leaves some."""

_DARKEST = 1 / 255
"""Where no pixel is lighter, a mask is empty."""


class MaskPair(NamedTuple):
    """A region of a photograph, and the region of a painting it is painted after; weights in [0, 1]."""

    photograph: Mask
    painting: Mask


def read_masks(photograph: Path, painting: Path, *, max_pixels: int = MAX_PIXELS) -> tuple[MaskPair, ...]:
    """The regions of two masks: of gray ones the one region that is light, of colored maps one for each color.

    Colors are those of at least a hundredth of a map; every pixel has the nearest of them, and the two maps' nearest
    belong together.

    Raises: InputError: missing or unreadable, one gray and one colored, an empty mask, or a color without partner.
    """
    maps = [read_picture(path, max_pixels=max_pixels).image for path in (photograph, painting)]
    names = (photograph.name, painting.name)
    gray = [_is_gray(one) for one in maps]
    if gray[0] != gray[1]:
        which, other = names if gray[0] else reversed(names)
        raise InputError(f"the mask {which} is gray and {other} is colored: give two gray masks, or two colored maps.")
    if gray[0]:
        return (MaskPair(*(_light(one, name) for one, name in zip(maps, names, strict=True))),)
    return _by_color(maps, names)


def read_mask(path: Path, *, max_pixels: int = MAX_PIXELS) -> Mask:
    """The one region of a gray mask, that is light.

    Raises: InputError: missing or unreadable, colored, or empty.
    """
    image = read_picture(path, max_pixels=max_pixels).image
    if not _is_gray(image):
        raise InputError(
            f"the mask {path.name} is colored, and alone: give the painting's map too, or a gray mask for all of it."
        )
    return _light(image, path.name)


def _is_gray(image: Image) -> bool:
    return float((image.amax(1) - image.amin(1)).max()) * 255 <= _GRAY


def _light(image: Image, name: str) -> Mask:
    """A gray mask's weights.

    Raises: InputError: it is black all over.
    """
    weights: Tensor = image.mean(1)
    if float(weights.max()) <= _DARKEST:
        raise InputError(f"the mask {name} is empty: paint white what belongs to the region.")
    return weights


def _by_color(maps: list[Image], names: tuple[str, str]) -> tuple[MaskPair, ...]:
    first, second = (_palette(one) for one in maps)
    partners = _partners(first, second, names)
    _partners(second, first, (names[1], names[0]))  # that none is left over
    own, other = _nearest(maps[0], first), _nearest(maps[1], second)
    return tuple(MaskPair((own == index).float(), (other == partner).float()) for index, partner in enumerate(partners))


def _palette(image: Image) -> NDArray[np.float64]:
    """The colors of a map, the most frequent first."""
    pixels = (image[0].flatten(1).T * 255).round().to(torch.uint8).numpy()
    colors, counts = np.unique(pixels, axis=0, return_counts=True)
    found: list[NDArray[np.float64]] = []
    for color in colors[np.argsort(-counts, kind="stable")].astype(np.float64):
        if all(np.linalg.norm(color - known) >= SAME_COLOR for known in found):
            found.append(color)
    palette = np.array(found)
    shares = np.bincount(_nearest(image, palette).flatten().numpy(), minlength=len(palette)) / len(pixels)
    return palette[shares >= SMALLEST_SHARE]


def _nearest(image: Image, palette: NDArray[np.float64]) -> Tensor:
    """The number of each pixel's nearest color, (1, height, width)."""
    distances = [
        (image * 255 - torch.from_numpy(color).to(image).view(1, 3, 1, 1)).square().sum(1) for color in palette
    ]
    return torch.stack(distances).argmin(0)


def _partners(own: NDArray[np.float64], other: NDArray[np.float64], names: tuple[str, str]) -> list[int]:
    """For each color of a map the number of the other's color that is the same."""
    found = []
    for color in own:
        distances = np.linalg.norm(other - color, axis=1)
        if distances.min() >= SAME_COLOR:
            written = "#" + "".join(f"{round(part):02x}" for part in color)
            raise InputError(
                f"the color {written} of {names[0]} is nowhere in {names[1]}: a color of one map needs the same "
                "color in the other."
            )
        found.append(int(distances.argmin()))
    return found
