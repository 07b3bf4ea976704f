"""Sums too large for one graph: value and gradient together, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from brushwork.types import Feature, PerImage


class LossChunk(NamedTuple):
    """One summand: what it says of some rows of the feature."""

    rows: slice
    loss: Callable[[Feature], PerImage]


def sum_chunks(feature: Feature, chunks: Iterable[LossChunk]) -> PerImage:
    """Σ_i loss_i(feature[rows_i]), in the memory of a single part.

    Automatic differentiation would keep the graphs of all parts. Here each part's gradient is taken at once and
    added to one map of the feature's size, which the backward pass multiplies by ∂/∂sum, picture by picture.
    Parts must not mix the pictures of the batch. There are no second derivatives.
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
    """The value of one part; its gradient is added to `gradient`."""
    if gradient is None:
        return part.loss(rows)
    with torch.enable_grad():
        leaf = rows.detach().requires_grad_()
        value = part.loss(leaf)
        (own,) = torch.autograd.grad(value.sum(), leaf)
    gradient += own
    return value.detach()
