"""Sums over features of bfloat16, in float32 and without a copy of them in float32.

Differentiated as they stand, `wide` and a product would keep the widened features for the backward pass, and the
memory that narrow features save would be lost. Here the features themselves are kept, and widened block by block.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from brushwork.perception.flags import exact_precision, set_matmul_tf32
from brushwork.types import Feature

BLOCK = 1 << 16
"""Cells that are widened at a time."""

Gram = Float[Tensor, "b c c"]
PerChannel = Float[Tensor, "b c"]


def is_supported(feature: Feature) -> bool:
    """Whether a feature is of that kind."""
    return feature.dtype == torch.bfloat16


def gram_sum(feature: Feature) -> Gram:
    """Σ f fᵀ. The gradient is rounded to bfloat16 as the features are."""
    found: Gram = _Gram.apply(feature)  # type: ignore[no-untyped-call]
    return found


def mean_std_sums(feature: Feature, shift: Float[Tensor, "_ c"]) -> tuple[PerChannel, PerChannel]:
    """Σ (f − s) and Σ (f − s)²; the shift is a constant."""
    found: tuple[PerChannel, PerChannel] = _Spread.apply(feature, shift.detach().float())  # type: ignore[no-untyped-call]
    return found


class _Gram(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, feature: Feature) -> Gram:
        ctx.save_for_backward(feature)
        batch, channels = feature.shape[:2]
        result = feature.new_zeros(batch, channels, channels, dtype=torch.float32)
        with exact_precision(feature.device), set_matmul_tf32(tf32=True):  # which has room for every bit of a bfloat16
            for block in torch.split(feature.flatten(2), BLOCK, dim=2):
                columns = block.float()
                result += columns @ columns.mT
        return result

    @staticmethod
    def backward(ctx: Any, gradient: Gram) -> Tensor:
        (feature,) = ctx.saved_tensors
        both = (gradient + gradient.mT).to(feature.dtype)
        rows = feature.flatten(2).mT @ both  # so that channels lie together
        found: Tensor = rows.mT.unflatten(2, feature.shape[2:])
        return found


class _Spread(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, feature: Feature, shift: Float[Tensor, "_ c"]) -> tuple[PerChannel, PerChannel]:
        ctx.save_for_backward(feature, shift)
        first, square = shift.new_zeros(2, *feature.shape[:2])
        for block in torch.split(feature.flatten(2), BLOCK, dim=2):
            columns = block.float() - shift.unsqueeze(-1)
            first += columns.sum(-1)
            square += columns.square().sum(-1)
        return first, square

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, first: PerChannel, square: PerChannel) -> tuple[Tensor, None]:
        """g₁ + 2 g₂ (f − s)."""
        feature, shift = ctx.saved_tensors
        found = torch.empty_like(feature)
        blocks, places = (torch.split(one.flatten(2), BLOCK, dim=2) for one in (feature, found))
        for given, here in zip(blocks, places, strict=True):
            here.copy_((given.float() - shift.unsqueeze(-1)).mul_(2 * square.unsqueeze(-1)).add_(first.unsqueeze(-1)))
        return found, None
