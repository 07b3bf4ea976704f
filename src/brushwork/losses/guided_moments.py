"""Guides, and guided moments: sums weighted by maps, one set for each region."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from brushwork.encoders.torch_flags import exact_precision
from brushwork.losses.moments import as_float32, count_positions, empty_positions, flatten_positions, split_blocks
from brushwork.types import Feature, Guides, Summary


def guided_gram(feature: Feature, guides: Guides) -> Float[Tensor, "b k c c"]:
    """Compute Σ_p u_k(p) f(p) f(p)ᵀ = F diag(u_k) Fᵀ for every guide u_k, without a Gram matrix per position."""
    kept = guides.to(feature.device, torch.promote_types(feature.dtype, torch.float32))
    found: Tensor = _GuidedGram.apply(feature, kept)  # type: ignore[no-untyped-call]
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
    return sums["first"] / _as_divisors(sums["count"]) + shifts


def guided_variance(sums: Summary) -> Float[Tensor, "b k c"]:
    """Return σ_k² = Σ u (f − s)²/Σ u − (Σ u (f − s)/Σ u)², never below 0."""
    weights = _as_divisors(sums["count"])
    return (sums["square"] / weights - (sums["first"] / weights).square()).clamp_min(0)


def _as_divisors(weights: Float[Tensor, "b k"]) -> Float[Tensor, "b k 1"]:
    """Return the sums of guides as divisors: 1 where a guide is empty."""
    return torch.where(weights > 0, weights, 1.0).unsqueeze(-1)


def normalize_guides(masks: Guides) -> Guides:
    """Return guides of mean 1 at a layer, u = T²/mean(T²), from masks of its map's size.

    Empty masks stay 0.

    Source: the program of 1611.07865, which normalizes the content and the style image separately.
    """
    squares = masks.square()
    means = squares.mean(dim=(1, 2), keepdim=True)
    return squares / torch.where(means > 0, means, 1.0)


def region_weights(image: Guides, style: Guides) -> Float[Tensor, "k"]:
    """Return λ_r = 1/R for each of the R regions, and 0 where either guide is empty at this layer.

    The authors skip such regions too. This is for objectives composed in Python: recipes have other weights.
    """
    present = image.flatten(1).any(1) & style.flatten(1).any(1)
    return present.to(image.dtype) / len(image)


@torch.no_grad()
def guided_gram_target(feature: Feature, guides: Guides) -> Float[Tensor, "_ k c c"]:
    """Return A_r = S_r/n of a style image under its own guides."""
    return guided_gram(feature, guides) / count_positions(feature).view(-1, 1, 1, 1)


@torch.no_grad()
def guided_mean_std_target(feature: Feature, guides: Guides) -> tuple[Float[Tensor, "b k c"], Float[Tensor, "b k c"]]:
    """Return μ*_r and σ*_r of a style image under its own guides, for a `GuidedMeanStdLoss` made in Python."""
    zero = feature.new_zeros((1, len(guides), feature.shape[1]), dtype=torch.float32)
    near = guided_mean(guided_mean_std_sums(feature, guides, zero), zero)
    sums = guided_mean_std_sums(feature, guides, near)
    return guided_mean(sums, near), guided_variance(sums).sqrt()


class _GuidedGram(torch.autograd.Function):
    """Guided Gram matrices, computed one block of positions at a time. A block stays in the cache for all guides."""

    @staticmethod
    def forward(ctx: Any, feature: Feature, guides: Guides) -> Float[Tensor, "b k c c"]:
        ctx.save_for_backward(feature, guides)
        batch, channels = feature.shape[:2]
        result = guides.new_zeros(batch, len(guides), channels, channels)
        with exact_precision(feature.device):
            for block, weights in zip(split_blocks(feature), split_blocks(guides), strict=True):
                columns = block.to(guides)
                for index, weight in enumerate(weights):
                    result[:, index] += (columns * weight) @ columns.mT
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, outer: Float[Tensor, "b k c c"]) -> tuple[Feature, None]:
        """Return Σ_k u_k (g_k + g_kᵀ) F."""
        feature, guides = ctx.saved_tensors
        both, found = outer + outer.mT, empty_positions(feature)
        blocks = zip(*map(split_blocks, (feature, guides, found)), strict=True)
        with exact_precision(feature.device):
            for block, weights, here in blocks:
                columns = block.to(guides)
                parts = (matrix @ columns * weight for matrix, weight in zip(both.unbind(1), weights, strict=True))
                here.copy_(sum(parts, start=torch.zeros_like(columns)))
        return found, None
