"""Crop and pad images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.types import Feature

if TYPE_CHECKING:
    Whole: TypeAlias = int
else:
    Whole = int | torch.SymInt
"""A number of pixels; symbolic while a network is exported for all sizes."""

BorderMode: TypeAlias = Literal["reflect", "symmetric", "replicate", "zeros"]


def crop(image: Feature, size: Size) -> Feature:
    """Return the center of an image. If the difference is odd, the extra pixel is cut at the bottom or the right.

    Raises: InputError: a size that is empty or larger than the image.
    """
    own = Size.of(image)
    if not (1 <= size.height <= own.height and 1 <= size.width <= own.width):
        raise InputError(f"no {size} fits into an image of {own}: use a smaller one.")
    top, left = (own.height - size.height) // 2, (own.width - size.width) // 2
    return image[..., top : top + size.height, left : left + size.width]


def pad(
    image: Feature,
    *,
    top: Whole = 0,
    bottom: Whole = 0,
    left: Whole = 0,
    right: Whole = 0,
    border: BorderMode = "reflect",
) -> Feature:
    """Return the image with pixels added around it.

    `reflect` mirrors about the centers of the border pixels, `symmetric` about their outer edges. If the padding
    exceeds the image, the image is mirrored repeatedly, as in numpy; a single pixel is repeated. `replicate` repeats
    the border, `zeros` is black.

    Raises: InputError: a negative padding, or an unknown border mode.
    """
    if min(top, bottom, left, right) < 0:
        raise InputError(f"padding {top}, {bottom}, {left}, {right} has a negative side: use `crop` to remove pixels.")
    if border == "zeros":
        return F.pad(image, (left, right, top, bottom))
    if border not in _SOURCES:
        raise InputError(f"unknown border {border!r}: use one of {', '.join(_SOURCES)}, zeros.")
    height, width = Size.of(image)
    source = _SOURCES[border]
    rows = source(torch.arange(-top, height + bottom, device=image.device), height)
    columns = source(torch.arange(-left, width + right, device=image.device), width)
    return image.index_select(-2, rows).index_select(-1, columns)


def _reflect(position: Tensor, length: Whole) -> Tensor:
    """Return indices reflected at both ends, as a triangle wave: 0 … length-1 … 0 …"""
    # The last index as a tensor: ONNX has no remainder by a number that depends on the image's size.
    last = torch.full((), length - 1, device=position.device)
    folded = position.remainder((2 * last).clamp(min=1))
    return torch.minimum(folded, 2 * last - folded).clamp(min=0)


def _mirror(position: Tensor, length: Whole) -> Tensor:
    """Return indices mirrored at both ends, the first and the last one twice: 0 … length-1, length-1 … 0, 0 …"""
    folded = position.remainder(2 * length)
    return torch.minimum(folded, 2 * length - 1 - folded)


def _replicate(position: Tensor, length: Whole) -> Tensor:
    return position.clamp(0, length - 1)


_SOURCES = {"reflect": _reflect, "symmetric": _mirror, "replicate": _replicate}
