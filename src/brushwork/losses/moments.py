"""First and second moments of features: the sums that most style losses are made of.

bfloat16 features are summed in float32 block by block, without a float32 copy of them: differentiated as they
stand, `wide` and a matrix product would keep the widened features for the backward pass.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from brushwork.encoders.native import statistics as native
from brushwork.encoders.torch_flags import exact_precision, set_matmul_tf32
from brushwork.types import Feature, PerImage, Summary

Positions: TypeAlias = Bool[Tensor, "_ _"]
"""Which cells of a map count."""

BLOCK = 1 << 16
"""Cells that are widened at a time."""

Gram = Float[Tensor, "b c c"]
PerChannel = Float[Tensor, "b c"]


def as_float32(feature: Tensor) -> Tensor:
    """The same numbers in float32 at least: sums of half precision overflow."""
    return feature.to(torch.promote_types(feature.dtype, torch.float32))


def flatten_positions(feature: Feature) -> Float[Tensor, "b c n"]:
    """The features as columns f(p), in float32 at least."""
    return as_float32(feature).flatten(2)


def select_positions(feature: Feature, positions: Positions | None) -> Feature:
    """Some of the cells, in a row; without a choice the map as it is."""
    return feature if positions is None else feature[..., positions].unsqueeze(2)


def gram(feature: Feature) -> Float[Tensor, "b c c"]:
    """Gram matrix, G = Σ_p f(p) f(p)ᵀ (no mean removed, not divided by the number of cells).

    Source: 1508.06576, eq. 3.
    """
    if native.is_supported(feature):
        return native.gram_sum(feature)
    if is_narrow(feature):
        return narrow_gram(feature)
    columns = flatten_positions(feature)
    with exact_precision(feature.device):
        return columns @ columns.transpose(1, 2)


def count_positions(feature: Feature) -> PerImage:
    """The number of cells, once for each picture of the batch."""
    batch, _, rows, columns = feature.shape
    return feature.new_full((batch,), rows * columns, dtype=torch.promote_types(feature.dtype, torch.float32))


def gram_sums(feature: Feature) -> Summary:
    """Σ 1 and Σ f fᵀ."""
    return {"count": count_positions(feature), "second": gram(feature)}


def distance_sums(feature: Feature, other: Feature) -> Summary:
    """Σ ‖f − f*‖² to other features of the same size."""
    if native.is_supported(feature) and native.is_supported(other):
        return {"square": native.distance_sum(feature, other)}
    return {"square": (as_float32(feature) - other).square().flatten(1).sum(-1)}


def mean_std_sums(feature: Feature, shift: Float[Tensor, "_ c"]) -> Summary:
    """Σ 1, Σ (f − s) and Σ (f − s)², about a fixed shift s.

    Raw second moments cancel in float32; about a shift near the mean they do not. Any shift gives the same
    mean and variance, and the sums of two windows add up as long as their shift is the same.
    """
    summed = native.mean_std_sums if native.is_supported(feature) else narrow_spread if is_narrow(feature) else None
    if summed is not None:
        first, square = summed(feature, shift)
        return {"count": count_positions(feature), "first": first, "square": square}
    columns = flatten_positions(feature) - shift.unsqueeze(-1)
    return {"count": count_positions(feature), "first": columns.sum(-1), "square": columns.square().sum(-1)}


def mean(sums: Summary, shift: Float[Tensor, "_ c"]) -> Float[Tensor, "b c"]:
    """μ = s + Σ(f − s)/n."""
    return sums["first"] / sums["count"].unsqueeze(-1) + shift


def variance(sums: Summary) -> Float[Tensor, "b c"]:
    """σ² = Σ(f − s)²/n − (Σ(f − s)/n)², the biased variance, never below 0."""
    n = sums["count"].unsqueeze(-1)
    return (sums["square"] / n - (sums["first"] / n).square()).clamp_min(0)


def covariance_sums(feature: Feature, shift: Float[Tensor, "_ c"]) -> Summary:
    """Σ 1, Σ (f − s) and Σ (f − s)(f − s)ᵀ, about a fixed shift s."""
    away = as_float32(feature) - shift[:, :, None, None]
    return {"count": count_positions(away), "first": away.sum((2, 3)), "second": gram(away)}


def covariance(sums: Summary) -> Float[Tensor, "b c c"]:
    """Σ(f − s)(f − s)ᵀ/n − m mᵀ with m = Σ(f − s)/n: the biased covariance, whatever the shift."""
    away = (sums["first"] / sums["count"].unsqueeze(-1)).unsqueeze(-1)
    return sums["second"] / sums["count"].view(-1, 1, 1) - away @ away.mT


def is_narrow(feature: Feature) -> bool:
    """Whether a feature is of that kind."""
    return feature.dtype == torch.bfloat16


def narrow_gram(feature: Feature) -> Gram:
    """Σ f fᵀ. The gradient is rounded to bfloat16 as the features are."""
    found: Gram = _Gram.apply(feature)  # type: ignore[no-untyped-call]
    return found


def narrow_spread(feature: Feature, shift: Float[Tensor, "_ c"]) -> tuple[PerChannel, PerChannel]:
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
