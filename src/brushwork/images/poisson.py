"""The screened Poisson equation: the differences of one image, near the colors of another."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.types import Image

ITERATIONS = 12


def solve_screened_poisson(
    image: Image,
    near: Image,
    weight: Float[Tensor, "_ 1 _ _"],
    hold: Float[Tensor, "_ 1 _ _"] | float = 0.0,
    iterations: int = ITERATIONS,
) -> Image:
    """Return the image O that minimizes ‖∇O − ∇P‖² + Σ w·(O − A)² + Σ v·(O − P)².

    P is `image`, A `near`, w `weight` and v `hold`. If w is 0 everywhere, O is P. Conjugate gradients with a Jacobi
    preconditioner, from (w·A + (1 + v)·P)/(1 + w + v).

    Source: Bonneel et al. 2015, Blind video temporal consistency, equation 2 (there by multigrid).
    """
    difference = near - image
    both = weight + hold
    found = difference * (weight / (1 + both))
    residual = weight * difference - _apply(found, both)
    inverse = 1 / (_neighbors(both) + both)
    direction = inverse * residual
    energy = _dot(residual, direction)
    for _ in range(iterations):
        applied = _apply(direction, both)
        step = energy / _dot(direction, applied).clamp_min(torch.finfo(image.dtype).tiny)
        found = torch.addcmul(found, step, direction)
        residual = torch.addcmul(residual, -step, applied)
        scaled = inverse * residual
        before, energy = energy, _dot(residual, scaled)
        direction = torch.addcmul(scaled, energy / before.clamp_min(torch.finfo(image.dtype).tiny), direction)
    return image + found


def _apply(values: Tensor, weight: Tensor) -> Tensor:
    """Return (∇ᵀ∇ + w)·values, without differences across the border."""
    found = values * weight
    across, down = values.diff(dim=-1), values.diff(dim=-2)
    found[..., :-1] -= across
    found[..., 1:] += across
    found[..., :-1, :] -= down
    found[..., 1:, :] += down
    return found


def _neighbors(like: Tensor) -> Tensor:
    """Return the number of neighbors of each pixel: 4, and fewer at the border."""
    count = torch.full_like(like, 4.0)
    for border in (count[..., 0], count[..., -1], count[..., 0, :], count[..., -1, :]):
        border -= 1
    return count


def _dot(one: Tensor, other: Tensor) -> Tensor:
    """Return the inner product of each channel."""
    return (one * other).sum((-2, -1), keepdim=True)
