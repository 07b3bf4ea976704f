"""Resize images: antialiased resampling, block means of large images, and enlarging by strips."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.geometry import LARGE_IMAGE_PIXELS, Size
from brushwork.types import Feature

Kernel: TypeAlias = Literal["bicubic", "bilinear", "nearest"]

_MODES = {"bicubic": "bicubic", "bilinear": "bilinear", "nearest": "nearest-exact"}
"""`nearest-exact` takes the pixel under the center, as every other program does; torch's `nearest` takes its corner."""

_STEEPEST = 16
"""Largest reduction of a side in one step: torch's CUDA kernels run out of shared memory at 23 (float64)."""

SUPPORT = 2
"""Rows on each side of a position that the bicubic kernel covers when nothing is reduced."""


def resize(
    image: Feature, size: Size, *, kernel: Kernel = "bicubic", antialias: bool = True, clamp: bool = False
) -> Feature:
    """Return the image resampled to another size. Differentiable.

    Pixel centers lie at half integers, and weights are renormalized at the borders. With `antialias`, the kernel widens
    in proportion to the reduction, and bicubic is Keys' with a = -1/2, as in Pillow. Without it, bicubic is torch's,
    with a = -3/4. For reductions of more than 16 times, the image is first reduced to 16 times the size by a bilinear
    (triangle) kernel. Bicubic overshoots at edges; `clamp` clips to [0, 1]. An image that has the size already is
    returned as it is, not copied.

    Raises: InputError: an empty size, or an unknown kernel.
    Source: Keys 1981, Cubic convolution interpolation.
    """
    if kernel not in _MODES:
        raise InputError(f"unknown kernel {kernel!r}: use one of {', '.join(_MODES)}.")
    if min(size) < 1:
        raise InputError(f"a picture cannot be resized to {size}: both sides must be 1 pixel or more.")
    if Size.of(image) == size:
        return image.clamp(0, 1) if clamp and _leaves_range(image) else image
    if kernel == "nearest":
        return F.interpolate(image, tuple(size), mode=_MODES[kernel])
    if antialias:
        resized = _resample_steps(image, size, kernel)
    else:
        resized = F.interpolate(image, tuple(size), mode=_MODES[kernel], align_corners=False)
    return resized.clamp(0, 1) if clamp else resized


def _leaves_range(image: Feature) -> bool:
    """Return whether there are values to clamp. On `meta`, which has no values, there are none."""
    if image.is_meta:
        return False
    least, most = torch.aminmax(image.detach())
    return not (least >= 0 and most <= 1)


def _resample_steps(image: Feature, size: Size, kernel: Kernel) -> Feature:
    """Resample in several steps beyond `_STEEPEST`, and with the sides exchanged for images of one column."""
    own = Size.of(image)
    halfway = Size(min(own.height, _STEEPEST * size.height), min(own.width, _STEEPEST * size.width))
    if halfway != own:
        image = _resample_steps(image, halfway, "bilinear")
    if size.width == 1 < size.height:
        # torch (2.13, CPU) writes its first row into every row if the width becomes 1.
        return _resample_steps(image.transpose(-1, -2), Size(1, size.height), kernel).transpose(-1, -2)
    return F.interpolate(image, tuple(size), mode=_MODES[kernel], align_corners=False, antialias=True)


def choose_divisor(size: Size, min_size: Size | None) -> int:
    """Return the integer that divides an image's sides on reading: 1, except for large images needed much smaller.

    At least twice `min_size` is kept, so that resizing to it is as good as from the full image.
    """
    if min_size is None or size.area <= LARGE_IMAGE_PIXELS:
        return 1
    return max(1, min(size.height // (2 * min_size.height), size.width // (2 * min_size.width)))


def divided_size(size: Size, divisor: int) -> Size:
    """Return the number of blocks on each side of an image; the last ones may be smaller."""
    return Size(-(-size.height // divisor), -(-size.width // divisor))


def block_means(image: Tensor, side: int) -> Tensor:
    """Return the means of blocks of side² pixels; blocks at the end may be smaller."""
    if side == 1:
        return image
    return F.avg_pool2d(image, side, ceil_mode=True, count_include_pad=False)


def source_rows(top: int, bottom: int, old: int, new: int) -> tuple[int, int]:
    """Return the range of `old` rows, end excluded, that rows `top` to `bottom` of `new` are resampled from."""
    scale = old / new
    first, last = (top + 0.5) * scale, (bottom - 0.5) * scale
    return max(0, int(first - SUPPORT)), min(old, int(last + SUPPORT) + 1)


def enlarge_rows(part: Feature, first: int, old: Size, new: Size, rows: tuple[int, int]) -> Feature:
    """Return rows `rows[0]` up to `rows[1]` of `resize(whole, new)`, where `part` begins at row `first`.

    `old` is the full image's size; no side becomes smaller. `part` holds at least `source_rows`.

    Source: Keys 1981, with a = −1/2; as in `resize`, weights are renormalized at the borders.
    """
    wide = resize(part, Size(part.shape[-2], new.width))
    index, weights = _kernel(old.height, new.height, rows)
    index, weights = (index - first).to(part.device), weights.to(part.device, part.dtype)
    found = wide.new_zeros(*wide.shape[:-2], rows[1] - rows[0], new.width)
    for place, weight in zip(index.unbind(1), weights.unbind(1), strict=True):
        found.addcmul_(wide.index_select(-2, place), weight.unsqueeze(-1))
    return found


def _kernel(old: int, new: int, rows: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Return, for each new row, the old rows that it is resampled from, and their weights."""
    centers = (torch.arange(*rows, dtype=torch.float64) + 0.5) * (old / new)
    index = (centers - SUPPORT + 0.5).floor().unsqueeze(1) + torch.arange(2 * SUPPORT)
    weights = _keys((index + 0.5 - centers.unsqueeze(1)).abs()) * ((index >= 0) & (index < old))
    return index.clamp(0, old - 1).long(), weights / weights.sum(1, keepdim=True)


def _keys(distance: Tensor) -> Tensor:
    near = (1.5 * distance - 2.5) * distance.square() + 1
    far = ((2.5 - 0.5 * distance) * distance - 4) * distance + 2
    return torch.where(distance <= 1, near, torch.where(distance < SUPPORT, far, 0))
