"""The papers' formulas computed position by position, as references for the efficient forms."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from brushwork.images.color_transfer import exact
from brushwork.types import Feature

CHANNELS, SIDE = 12, 10
"""Channels and side of the part of a feature map used for both forms; Gram matrices of every position are large."""


def crop_part(feature: Feature) -> Feature:
    """Return the middle of a feature map's first channels, in float64 on the CPU."""
    top, left = (max(0, (side - SIDE) // 2) for side in feature.shape[-2:])
    return exact(feature[:1, :CHANNELS, top : top + SIDE, left : left + SIDE])


def naive_local_grams(feature: Feature, weights: Float[Tensor, "k"]) -> Float[Tensor, "c c h w"]:
    """Return 𝒢(p) = Σ_d w(d) f(p + d) f(p + d)ᵀ at every position p; positions outside the map count as 0.

    Source: Nikulin & Novak, 1602.07188.
    """
    products = feature[0, :, None] * feature[0, None]
    flat = products.flatten(0, 1)[:, None]
    found = functional.conv2d(flat, torch.outer(weights, weights).to(flat)[None, None], padding=len(weights) // 2)
    return found.view_as(products)


def naive_local_gram_loss(feature: Feature, style: Feature, weights: Float[Tensor, "k"]) -> float:
    """Return Σ_p ‖𝒢(p) − A(p)‖²."""
    return float((naive_local_grams(feature, weights) - naive_local_grams(style, weights)).square().sum())


def naive_covariance(
    feature: Feature, responses: Float[Tensor, "n h w"], weights: Float[Tensor, "k"]
) -> Float[Tensor, "n c c"]:
    """Return Σ_p 𝓕_k(p) 𝒢(p) for every content response 𝓕_k."""
    return torch.einsum("khw,cdhw->kcd", responses.to(feature), naive_local_grams(feature, weights))


def relative_difference(efficient: float, naive: float) -> float:
    """Return |efficient − naive| as a share of the naive value."""
    return abs(efficient - naive) / max(abs(naive), 1e-300)
