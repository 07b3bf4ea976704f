"""Rows of an enlarged picture, made from only those rows of the picture that they need."""

from __future__ import annotations

import torch
from torch import Tensor

from brushwork.picture.resample import resize
from brushwork.picture.window import Size
from brushwork.types import Feature

SUPPORT = 2
"""Rows on each side of a place that the bicubic kernel looks at, while nothing is made smaller."""


def source_rows(top: int, bottom: int, old: int, new: int) -> tuple[int, int]:
    """The first row, and the row after the last, of `old` that rows `top` to `bottom` of `new` are made from."""
    scale = old / new
    first, last = (top + 0.5) * scale, (bottom - 0.5) * scale
    return max(0, int(first - SUPPORT)), min(old, int(last + SUPPORT) + 1)


def enlarge_rows(part: Feature, first: int, old: Size, new: Size, rows: tuple[int, int]) -> Feature:
    """Rows `rows[0]` up to `rows[1]` of `resize(whole, new)`, where `part` is the whole from row `first` on.

    `old` is the whole's size; no side becomes smaller. `part` holds at least `source_rows`.

    Source: Keys 1981, with a = −1/2; as in `resize`, borders are renormalized.
    """
    wide = resize(part, Size(part.shape[-2], new.width))
    index, weights = _kernel(old.height, new.height, rows)
    index, weights = (index - first).to(part.device), weights.to(part.device, part.dtype)
    found = wide.new_zeros(*wide.shape[:-2], rows[1] - rows[0], new.width)
    for place, weight in zip(index.unbind(1), weights.unbind(1), strict=True):
        found.addcmul_(wide.index_select(-2, place), weight.unsqueeze(-1))
    return found


def _kernel(old: int, new: int, rows: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """For each new row, the old rows that it is made from, and their weights."""
    centers = (torch.arange(*rows, dtype=torch.float64) + 0.5) * (old / new)
    index = (centers - SUPPORT + 0.5).floor().unsqueeze(1) + torch.arange(2 * SUPPORT)
    weights = _keys((index + 0.5 - centers.unsqueeze(1)).abs()) * ((index >= 0) & (index < old))
    return index.clamp(0, old - 1).long(), weights / weights.sum(1, keepdim=True)


def _keys(distance: Tensor) -> Tensor:
    near = (1.5 * distance - 2.5) * distance.square() + 1
    far = ((2.5 - 0.5 * distance) * distance - 4) * distance + 2
    return torch.where(distance <= 1, near, torch.where(distance < SUPPORT, far, 0))
