"""Inner products and norms of large vectors, as Python numbers, without overflow."""

from __future__ import annotations

from math import inf, isfinite

import torch
from torch import Tensor

BLOCK = 1 << 20
"""Entries added up in the tensor's own precision; the sums of the blocks are added in float64."""


def dot(a: Tensor, b: Tensor) -> float:
    """⟨a, b⟩. Where products leave the range of the tensors' precision, both are brought to magnitude 1 first."""
    value = sum(float(torch.dot(x, y)) for x, y in zip(_blocks(a), _blocks(b), strict=True))
    range_of = torch.finfo(a.dtype)
    # Sums smaller than this may have lost digits to underflow on the way. (Not a number: neither.)
    return value if range_of.tiny / range_of.eps < abs(value) < inf else _scaled_dot(a, b)


def absolute_sum(a: Tensor) -> float:
    """‖a‖₁."""
    return sum(float(torch.linalg.vector_norm(block, 1)) for block in _blocks(a))


def _scaled_dot(a: Tensor, b: Tensor) -> float:
    largest, other = (float(torch.linalg.vector_norm(vector, inf)) for vector in (a, b))
    if not (largest and other and isfinite(largest) and isfinite(other)):
        return largest * other
    pairs = zip(_blocks(a), _blocks(b), strict=True)
    return largest * other * sum(float(torch.dot(x / largest, y / other)) for x, y in pairs)


def _blocks(a: Tensor) -> tuple[Tensor, ...]:
    return torch.split(a.reshape(-1), BLOCK)
