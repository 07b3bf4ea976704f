"""A displacement, and what the gradient changed by along it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from brushwork.optimize.products import Products


class Pair(NamedTuple):
    """A displacement s, the change y of the gradient along it, and their products."""

    s: Tensor
    y: Tensor
    sy: float
    """⟨s, y⟩: the curvature along s."""
    yy: float

    @classmethod
    def of(cls, s: Tensor, y: Tensor, products: Products) -> Pair:
        return cls(s, y, products.dot(s, y), products.dot(y, y))


def in_full(pair: tuple[Tensor, Tensor]) -> Iterator[Tensor]:
    """s and y in float32 at least."""
    return (kept if kept.dtype.itemsize >= torch.float32.itemsize else kept.float() for kept in pair)
