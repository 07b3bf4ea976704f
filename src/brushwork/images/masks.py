"""Masks: which region of the content image gets the style of which region of the style image."""

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
"""Distance in the RGB cube (0 to 255 per channel) below which two colors of a map are the same."""

SMALLEST_SHARE = 0.01
"""Smallest fraction of a map's pixels for a color; rarer ones are artifacts of compression and smoothing at edges."""

_GRAY = 8.0
"""Difference between channels, of 255, up to which a mask counts as gray: compression leaves some."""

_LABELS = 16
"""Of 255. If no pixel of a gray mask is lighter, its values are region numbers rather than weights."""

_OPAQUE = 0.5
"""Alpha at and above which a pixel of a colored map belongs to a region."""


class _Map(NamedTuple):
    """A mask file after reading."""

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
    """A region of the content image, and the region of the style image that it is stylized with; weights in [0, 1]."""

    content: Mask
    style: Mask


def read_masks(content: Path, style: Path, *, max_pixels: int = MAX_PIXELS) -> tuple[MaskPair, ...]:
    """Read the regions of two masks: one region, the light part, for gray masks; one for each color for colored maps.

    The colors of a map are those of at least 1 % of its pixels. Every pixel belongs to the nearest of them, and each
    color is paired with the nearest color of the other map. Transparent pixels belong to no region.

    Raises: InputError: missing or unreadable, one gray and one colored, an empty mask, or a color without a partner.
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
    """Read a gray mask, whose region is its light and opaque part.

    Raises: InputError: missing or unreadable, colored, or empty.
    """
    mask = _read(path, max_pixels)
    if not _is_gray(mask.image):
        raise InputError(
            f"the mask {path.name} is a colored map without a counterpart: give the style image's map too, or a gray "
            "mask."
        )
    return _light(mask)


def _read(path: Path, max_pixels: int) -> _Map:
    image = read_image(path, max_pixels=max_pixels)
    alpha = torch.ones(1, *image.size) if image.alpha is None else image.alpha[0]
    return _Map(path.name, image.image, alpha, 2**image.bits - 1)


def _is_gray(image: Image) -> bool:
    return float((image.amax(1) - image.amin(1)).max()) * 255 <= _GRAY


def _light(mask: _Map) -> Mask:
    """Return a gray mask's weights; a mask whose only values are the integers 0 and 1 keeps them as weights.

    Raises: InputError: it is black or transparent everywhere, or holds further region numbers.
    """
    weights: Tensor = mask.image.mean(1) * (mask.alpha > 0)
    lightest = round(float(weights.max()) * mask.whole)
    if lightest == 1:
        weights = (weights * mask.whole).round()
    elif 0 < lightest * 255 <= _LABELS * mask.whole:
        raise InputError(
            f"the mask {mask.name} is nearly black (no value above {lightest} of {mask.whole}), like maps that number "
            f"the regions: give one mask per region, with {mask.whole} inside the region and 0 elsewhere."
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
    _partners(other, own, (second.name, first.name))  # checks that none is left over
    numbers = [_nearest(one.image, colors) for one, colors in ((first, own), (second, other))]
    return tuple(
        MaskPair((numbers[0] == index) * first.alpha, (numbers[1] == partner) * second.alpha)
        for index, partner in enumerate(partners)
    )


def _palette(mask: _Map) -> NDArray[np.float64]:
    """Return the colors of a map's opaque pixels, the most frequent first."""
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
    """Return the index of each pixel's nearest color, (1, height, width)."""
    distances = [
        (image * 255 - torch.from_numpy(color).to(image).view(1, 3, 1, 1)).square().sum(1) for color in palette
    ]
    return torch.stack(distances).argmin(0)


def _partners(own: NDArray[np.float64], other: NDArray[np.float64], names: tuple[str, str]) -> list[int]:
    """Return, for each color of a map, the index of the same color in the other map.

    Raises: InputError: a color that the other map does not have.
    """
    found = []
    for color in own:
        distances = np.linalg.norm(other - color, axis=1)
        if distances.min() >= SAME_COLOR:
            written = "#" + "".join(f"{round(part):02x}" for part in color)
            raise InputError(
                f"the color {written} of {names[0]} does not occur in {names[1]}: both maps need the same colors."
            )
        found.append(int(distances.argmin()))
    return found
