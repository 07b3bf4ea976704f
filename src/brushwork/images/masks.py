"""Masks: which part of a photograph is painted after which part of a painting."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.geometry import MAX_PIXELS
from brushwork.images.read import read_image
from brushwork.types import Image, Mask

SAME_COLOR = 64.0
"""Distance in the RGB cube, white being 255 a channel, below which two colors of a map are the same."""

SMALLEST_SHARE = 0.01
"""Of a map's pixels: colors of fewer are what compression and smoothing leave at the edges."""

_GRAY = 8.0
"""Differences between channels, of 255, up to which a mask counts as gray: compression leaves some."""

_LABELS = 16
"""Of 255: where no pixel of a gray mask is lighter, its values are numbers of regions rather than weights."""

_OPAQUE = 0.5
"""Alpha from which on a pixel of a colored map belongs to a region."""


class _Map(NamedTuple):
    """A mask as it was read."""

    name: str
    image: Image
    alpha: Tensor
    """(1, height, width); 1 where the mask is opaque."""
    whole: int
    """The value of white."""

    @property
    def opaque(self) -> Tensor:
        return self.alpha >= _OPAQUE


class MaskPair(NamedTuple):
    """A region of a photograph, and the region of a painting it is painted after; weights in [0, 1]."""

    content: Mask
    style: Mask


def read_masks(content: Path, style: Path, *, max_pixels: int = MAX_PIXELS) -> tuple[MaskPair, ...]:
    """The regions of two masks: of gray ones the one region that is light, of colored maps one for each color.

    Colors are those of at least a hundredth of a map; every pixel has the nearest of them, and the two maps' nearest
    belong together. What is transparent belongs to no region.

    Raises: InputError: missing or unreadable, one gray and one colored, an empty mask, or a color without partner.
    """
    maps = [_read(path, max_pixels) for path in (content, style)]
    gray = [_is_gray(one.image) for one in maps]
    if gray[0] != gray[1]:
        which, other = (one.name for one in (maps if gray[0] else reversed(maps)))
        raise InputError(f"the mask {which} is gray and {other} is colored: give two gray masks, or two colored maps.")
    if gray[0]:
        return (MaskPair(*(_light(one) for one in maps)),)
    return _by_color(*maps)


def read_mask(path: Path, *, max_pixels: int = MAX_PIXELS) -> Mask:
    """The one region of a gray mask, that is light and opaque.

    Raises: InputError: missing or unreadable, colored, or empty.
    """
    mask = _read(path, max_pixels)
    if not _is_gray(mask.image):
        raise InputError(
            f"the mask {path.name} is colored, and alone: give the painting's map too, or a gray mask for all of it."
        )
    return _light(mask)


def _read(path: Path, max_pixels: int) -> _Map:
    image = read_image(path, max_pixels=max_pixels)
    alpha = torch.ones(1, *image.size) if image.alpha is None else image.alpha[0]
    return _Map(path.name, image.image, alpha, 2**image.bits - 1)


def _is_gray(image: Image) -> bool:
    return float((image.amax(1) - image.amin(1)).max()) * 255 <= _GRAY


def _light(mask: _Map) -> Mask:
    """A gray mask's weights; those of a mask that holds only 0 and 1 as numbers are 0 and 1.

    Raises: InputError: it is black or transparent all over, or holds more numbers of regions.
    """
    weights: Tensor = mask.image.mean(1) * (mask.alpha > 0)
    lightest = round(float(weights.max()) * mask.whole)
    if lightest == 1:
        weights = (weights * mask.whole).round()
    elif 0 < lightest * 255 <= _LABELS * mask.whole:
        raise InputError(
            f"the mask {mask.name} is nearly black (no value is above {lightest} of {mask.whole}), as maps are that "
            f"number the regions: give one mask for each, {mask.whole} where the region is and 0 elsewhere."
        )
    weights = weights * mask.alpha
    if not weights.any():
        raise _empty(mask.name)
    return weights


def _empty(name: str) -> InputError:
    return InputError(f"the mask {name} is empty: paint what belongs to the region in white or a color, and opaque.")


def _by_color(first: _Map, second: _Map) -> tuple[MaskPair, ...]:
    own, other = _palette(first), _palette(second)
    partners = _partners(own, other, (first.name, second.name))
    _partners(other, own, (second.name, first.name))  # that none is left over
    numbers = [_nearest(one.image, colors) for one, colors in ((first, own), (second, other))]
    return tuple(
        MaskPair((numbers[0] == index) * first.alpha, (numbers[1] == partner) * second.alpha)
        for index, partner in enumerate(partners)
    )


def _palette(mask: _Map) -> NDArray[np.float64]:
    """The colors of a map where it is opaque, the most frequent first."""
    opaque = mask.opaque.flatten()
    if not opaque.any():
        raise _empty(mask.name)
    pixels = (mask.image[0].flatten(1).T[opaque] * 255).round().to(torch.uint8).numpy()
    colors, counts = np.unique(pixels, axis=0, return_counts=True)
    found: list[NDArray[np.float64]] = []
    for color in colors[np.argsort(-counts, kind="stable")].astype(np.float64):
        if all(np.linalg.norm(color - known) >= SAME_COLOR for known in found):
            found.append(color)
    palette = np.array(found)
    nearest = _nearest(mask.image, palette).flatten()[opaque].numpy()
    shares = np.bincount(nearest, minlength=len(palette)) / len(pixels)
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
