"""A displacement, and what the gradient changed by along it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from brushwork.optimize.products import Reductions


class CurvaturePair(NamedTuple):
    """A displacement s, the change y of the gradient along it, and their products."""

    s: Tensor
    y: Tensor
    sy: float
    """⟨s, y⟩: the curvature along s."""
    yy: float

    @classmethod
    def of(cls, s: Tensor, y: Tensor, reductions: Reductions) -> CurvaturePair:
        return cls(s, y, reductions.dot(s, y), reductions.dot(y, y))


def pair_in_float32(pair: tuple[Tensor, Tensor]) -> Iterator[Tensor]:
    """s and y in float32 at least."""
    return (kept if kept.dtype.itemsize >= torch.float32.itemsize else kept.float() for kept in pair)
