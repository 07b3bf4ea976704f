"""Sums too large for one autograd graph, computed chunk by chunk, each with its gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from brushwork.types import Feature, PerImage

BLOCK_NUMBERS = 4_000_000
"""Approximate number of products of positions in memory at a time."""


class LossChunk(NamedTuple):
    """One summand of a chunked loss: a function of some rows of the feature map."""

    rows: slice
    loss: Callable[[Feature], PerImage]


def sum_chunks(feature: Feature, chunks: Iterable[LossChunk]) -> PerImage:
    """Compute Σ_i loss_i(feature[rows_i]) in the memory of a single chunk.

    Automatic differentiation would keep the graphs of all chunks. Here each chunk's gradient is computed immediately
    and added to one map of the feature's size. The backward pass multiplies this map by ∂/∂sum, image by image.
    Chunks must not mix the images of the batch. Second derivatives are not supported.
    """
    found: Tensor = _Summed.apply(feature, tuple(chunks))  # type: ignore[no-untyped-call]
    return found


class _Summed(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, feature: Tensor, parts: tuple[LossChunk, ...]) -> Tensor:
        total = feature.new_zeros(len(feature))
        gradient = torch.zeros_like(feature) if context.needs_input_grad[0] else None
        for part in parts:
            total += _part(feature[..., part.rows, :], part, None if gradient is None else gradient[..., part.rows, :])
        context.gradient = gradient
        return total

    @staticmethod
    def backward(context: Any, outer: Tensor) -> tuple[Tensor, None]:
        return outer.view(-1, 1, 1, 1) * context.gradient, None


def _part(rows: Tensor, part: LossChunk, gradient: Tensor | None) -> Tensor:
    """Return the value of one chunk, and add its gradient to `gradient`."""
    if gradient is None:
        return part.loss(rows)
    with torch.enable_grad():
        leaf = rows.detach().requires_grad_()
        value = part.loss(leaf)
        (own,) = torch.autograd.grad(value.sum(), leaf)
    gradient += own
    return value.detach()
