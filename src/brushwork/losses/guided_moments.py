"""Guided moments: sums weighted by maps, one set for each region."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.losses.moments import as_float32, flatten_positions
from brushwork.types import Feature, Guides, Summary


def guided_gram(feature: Feature, guides: Guides) -> Float[Tensor, "b k c c"]:
    """Compute Σ_p u_k(p) f(p) f(p)ᵀ = F diag(u_k) Fᵀ for every guide u_k, without a map of Gram matrices."""
    columns = flatten_positions(feature)
    found: Tensor = _GuidedGram.apply(columns, guides.to(columns).flatten(1))  # type: ignore[no-untyped-call]
    return found


def guided_mean_std_sums(feature: Feature, guides: Guides, shifts: Float[Tensor, "_ k c"]) -> Summary:
    """Compute Σ u, Σ u (f − s) and Σ u (f − s)² for every guide u_k, each about its own shift s_k."""
    columns = flatten_positions(feature)
    weights = guides.to(columns).flatten(1)
    sums = [
        _weighted_sums(columns - shift.unsqueeze(-1), weight)
        for weight, shift in zip(weights, shifts.to(columns).unbind(1), strict=True)
    ]
    first, square = (torch.stack(list(parts), dim=1) for parts in zip(*sums, strict=True))
    return {"count": weights.sum(-1).expand(len(columns), -1), "first": first, "square": square}


def guided_covariance_sums(feature: Feature, guide: Guides, shift: Float[Tensor, "_ c"]) -> Summary:
    """Compute Σ u, Σ u (f − s) and Σ u (f − s)(f − s)ᵀ for a single guide u: `covariance_sums` of one region."""
    away = as_float32(feature) - shift[:, :, None, None]
    weight = guide.to(away).flatten()
    return {
        "count": weight.sum().expand(len(away)),
        "first": away.flatten(2) @ weight,
        "second": guided_gram(away, guide)[:, 0],
    }


def _weighted_sums(columns: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    return columns @ weight, columns.square() @ weight


def guided_mean(sums: Summary, shifts: Float[Tensor, "_ k c"]) -> Float[Tensor, "b k c"]:
    """Return μ_k = s_k + Σ u (f − s)/Σ u, or s_k where the guide is empty."""
    return sums["first"] / _filled(sums["count"]) + shifts


def guided_variance(sums: Summary) -> Float[Tensor, "b k c"]:
    """Return σ_k² = Σ u (f − s)²/Σ u − (Σ u (f − s)/Σ u)², never below 0."""
    weights = _filled(sums["count"])
    return (sums["square"] / weights - (sums["first"] / weights).square()).clamp_min(0)


def _filled(weights: Float[Tensor, "b k"]) -> Float[Tensor, "b k 1"]:
    """Return the sums of guides as divisors: 1 where a guide is empty."""
    return torch.where(weights > 0, weights, 1.0).unsqueeze(-1)


class _GuidedGram(torch.autograd.Function):
    """Guided Gram matrices, one guide at a time; plain autograd would keep one weighted map for each guide."""

    @staticmethod
    def forward(context: Any, columns: Tensor, guides: Tensor) -> Tensor:
        context.save_for_backward(columns, guides)
        return torch.stack([(columns * guide) @ columns.mT for guide in guides], dim=1)

    @staticmethod
    def backward(context: Any, outer: Tensor) -> tuple[Tensor, None]:
        columns, guides = context.saved_tensors
        gradient = torch.zeros_like(columns)
        for index, guide in enumerate(guides):
            gradient += (outer[:, index] + outer[:, index].mT) @ columns * guide
        return gradient, None
