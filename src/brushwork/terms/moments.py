"""First and second moments of features: the sums that most styles are made of."""

from __future__ import annotations

from typing import TypeAlias

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from brushwork.perception.flags import exact_precision
from brushwork.perception.native import moments as native
from brushwork.terms import narrow
from brushwork.types import Feature, PerImage, Summary

Positions: TypeAlias = Bool[Tensor, "_ _"]
"""Which cells of a map count."""


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
    if narrow.is_supported(feature):
        return narrow.gram_sum(feature)
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
    way = native if native.is_supported(feature) else narrow if narrow.is_supported(feature) else None
    if way is not None:
        first, square = way.mean_std_sums(feature, shift)
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
