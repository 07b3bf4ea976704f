"""Distances between the features of two images: at each position, or between distributions over all positions."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.losses.moments import flatten_positions, gram
from brushwork.types import Feature

_DIRECTIONS = 64
"""Number of random directions on which features are projected; doubling it changes the distance by a few percent."""

_SEED = 0


def content_distance(feature: Feature, reference: Feature) -> float:
    """Return ‖F − P‖² / ‖P‖², position by position."""
    return float((feature - reference).square().sum() / reference.square().sum())


def gram_distance(feature: Feature, reference: Feature) -> float:
    """Return ‖G − A‖² / ‖A‖² of the Gram matrices, each per position.

    Source: Gatys et al., 1508.06576, eq. 3 and 4, relative to that of the style image.
    """
    own, target = _mean_gram(feature), _mean_gram(reference)
    return float((own - target).square().sum() / target.square().sum())


def moment_distance(feature: Feature, reference: Feature) -> float:
    """Return (‖μ − μ*‖² + ‖σ − σ*‖²) / (‖μ*‖² + ‖σ*‖²) of the channels."""
    own, target = _moments(feature), _moments(reference)
    return float((own - target).square().sum() / target.square().sum())


def sliced_distance(feature: Feature, reference: Feature) -> float:
    """Return the mean over directions of ∫ (q − q*)² of the quantiles along them, over the same mean of ∫ q*².

    This is the squared sliced Wasserstein distance, exact for any two numbers of positions, along fixed directions.

    Source: Heitz et al., 2006.07229; Bonneel et al. 2015.
    """
    own, target = flatten_positions(feature)[0], flatten_positions(reference)[0]
    generator = torch.Generator().manual_seed(_SEED)
    drawn = torch.randn(_DIRECTIONS, own.shape[0], generator=generator, dtype=own.dtype).to(own.device)
    directions = drawn / drawn.norm(dim=1, keepdim=True)
    mine, theirs = (directions @ own).sort(dim=1).values, (directions @ target).sort(dim=1).values
    return float(_quantile_distance(mine, theirs) / theirs.square().mean())


def frechet_distance(feature: Feature, reference: Feature) -> float:
    """Return ‖μ − μ*‖² + tr(Σ + Σ* − 2 (Σ^½ Σ* Σ^½)^½) of Gaussians fitted to the features (covariances over n − 1).

    Source: Dowson and Landau 1982; over the positions of one image: Shaham et al., 1905.01164 (SIFID).
    """
    (mean, covariance), (target_mean, target_covariance) = _gaussian(feature), _gaussian(reference)
    half = _root(covariance)
    cross = torch.linalg.eigvalsh(half @ target_covariance @ half).clamp_min(0).sqrt().sum()
    traces = covariance.trace() + target_covariance.trace()
    return max(0.0, float((mean - target_mean).square().sum() + traces - 2 * cross))


def _mean_gram(feature: Feature) -> Tensor:
    return gram(feature) / flatten_positions(feature).shape[-1]


def _moments(feature: Feature) -> Float[Tensor, "two c"]:
    columns = flatten_positions(feature)[0]
    return torch.stack([columns.mean(1), columns.std(1, correction=0)])


def _quantile_distance(mine: Float[Tensor, "k n"], theirs: Float[Tensor, "k m"]) -> Tensor:
    """Return ∫ (q − q*)² of steps of width 1/n and 1/m, with edges at multiples of m and of n in units of 1/nm."""
    n, m = mine.shape[1], theirs.shape[1]
    edges = torch.cat([torch.arange(n) * m, torch.arange(m) * n, torch.tensor([n * m])]).sort().values
    starts, widths = edges[:-1].to(mine.device), (edges.diff().double() / (n * m)).to(mine)
    squares: Tensor = (mine[:, starts // m] - theirs[:, starts // n]).square() * widths
    return squares.sum(1).mean()


def _gaussian(feature: Feature) -> tuple[Tensor, Tensor]:
    """Return mean and covariance in float64 on the CPU, where eigenvalues are exact enough and always supported."""
    columns = flatten_positions(feature)[0]
    mean = columns.mean(1, keepdim=True)
    covariance = (columns - mean) @ (columns - mean).T / max(1, columns.shape[1] - 1)
    return mean.flatten().cpu().double(), covariance.cpu().double()


def _root(matrix: Tensor) -> Tensor:
    """Return the square root of a symmetric positive semidefinite matrix."""
    values, directions = torch.linalg.eigh(matrix)
    root: Tensor = (directions * values.clamp_min(0).sqrt()) @ directions.T
    return root
