"""Match the colors of one image to another: linearly, by histograms, or in lightness alone.

Each image of a batch is matched separately: to its own reference, or to the only one.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.choices import Transform
from brushwork.images.color import Plane
from brushwork.types import Feature, Image, Mask

Matrix: TypeAlias = Float[Tensor, "c c"]

Moments: TypeAlias = tuple[Float[Tensor, "c"], Matrix]
"""Mean and covariance of colors."""

_LEAST_VARIANCE = 1e-5
"""Smallest variance of an image's colors along any axis (0.25 is the maximum). Smaller variances (a gray image has them
across the gray axis) are mostly rounding and are not amplified further."""

_POSITIVE = 1e-12
"""Variance that keeps the covariance of a gray target invertible."""


def match_linear(image: Feature, reference: Feature, transform: Transform = "pca") -> Feature:
    """Return A (x − μ) + μ*, with A Σ Aᵀ = Σ*, which has the color mean and covariance of `reference`. Not clipped.

    `chol`: A = L* L⁻¹ of the Cholesky factors. `pca`: A = Σ*^½ Σ^−½ (Image Analogies). `sym`: the symmetric A, which
    moves the colors least (Monge).

    Source: Gatys et al., 1606.05897; Pitié and Kokaram 2007 for `sym`.
    Differs: the authors' program adds 1e-5 to all variances. Here, smaller variances are raised to 1e-5, so that the
    moments are matched exactly except for gray images.
    """
    return _match_each(
        lambda one, like: match_moments(one, color_moments(one), color_moments(like), transform), image, reference
    )


def match_moments(image: Feature, own: Moments, reference: Moments, transform: Transform = "pca") -> Feature:
    """Return the image under the map that takes colors of mean and covariance `own` to those of `reference`."""
    (mean, covariance), (target_mean, target_covariance) = own, reference
    matrix = _MATRICES[transform](_power(covariance, 1, _LEAST_VARIANCE), _power(target_covariance, 1)).to(image)
    mean, target_mean = mean.to(image).view(1, -1, 1, 1), target_mean.to(image).view(1, -1, 1, 1)
    return torch.einsum("oc,bchw->bohw", matrix, image - mean) + target_mean


def color_moments(image: Feature) -> Moments:
    """Return the mean and (biased) covariance of the colors of all pixels, in float64 on the CPU."""
    columns = image.transpose(0, 1).flatten(1)
    mean = columns.mean(1, keepdim=True)
    covariance = (columns - mean) @ (columns - mean).T / columns.shape[1]
    return exact(mean.flatten()), exact(covariance)


def masked_color_moments(image: Feature, mask: Mask) -> Moments:
    """Return the mean and (biased) covariance of the colors of all pixels, weighted by a mask.

    The mask is one map of the image's size.
    """
    columns, weights = image.transpose(0, 1).flatten(1), mask.to(image).expand(len(image), -1, -1).flatten()
    weights = weights / weights.sum().clamp_min(torch.finfo(weights.dtype).tiny)
    mean = columns @ weights[:, None]
    covariance = ((columns - mean) * weights) @ (columns - mean).T
    return exact(mean.flatten()), exact(covariance)


def match_histogram(image: Feature, reference: Feature) -> Feature:
    """Return the image with each channel's histogram matched to that of `reference`.

    Each value is mapped to the reference quantile of its rank; the order of values is kept. Equal values stay equal:
    they get the quantile in the middle of their ranks.
    """
    return _match_each(_match_channels, image, reference)


def match_lightness(lightness: Plane, reference: Plane) -> Plane:
    """Return σ*/σ (L − μ) + μ*, which has the mean and standard deviation of the lightness of `reference`.

    Source: Gatys et al., 1611.07865, section 5.1 (luminance-only transfer).
    """
    return _match_each(_match_mean_std, lightness, reference)


def clip_chroma(image: Image, gray: Image) -> Image:
    """Return the image with colors outside [0, 1] moved toward `gray` until they are inside.

    Clipping each channel by itself would change their lightness and hue.
    """
    gray, away = gray.clamp(0, 1), image - gray.clamp(0, 1)
    buffer = torch.where(away > 0, 1 - gray, gray)
    fraction = (buffer / away.abs().clamp_min(torch.finfo(image.dtype).tiny)).amin(1, keepdim=True).clamp(max=1)
    return gray + fraction * away


def _match_each(match: Callable[[Feature, Feature], Feature], image: Feature, reference: Feature) -> Feature:
    """Return each image matched to its reference; a single image or reference goes with all of the others."""
    count = max(len(image), len(reference))
    if count == 1:
        return match(image, reference)
    pairs = (torch.split(one.expand(count, -1, -1, -1), 1) for one in (image, reference))
    return torch.cat([match(one, like) for one, like in zip(*pairs, strict=True)])


def _match_channels(image: Feature, reference: Feature) -> Feature:
    channels = [
        _quantiles(mine.flatten(), theirs.flatten()).view_as(mine)
        for mine, theirs in zip(image.unbind(1), reference.unbind(1), strict=True)
    ]
    return torch.stack(channels, dim=1)


def _match_mean_std(lightness: Plane, reference: Plane) -> Plane:
    deviation = lightness.std(correction=0).clamp_min(sqrt(_LEAST_VARIANCE))
    return (lightness - lightness.mean()) * (reference.std(correction=0) / deviation) + reference.mean()


def _chol(covariance: Matrix, target: Matrix) -> Matrix:
    own = torch.linalg.cholesky(covariance)
    matrix: Matrix = torch.linalg.solve_triangular(own, torch.linalg.cholesky(target), upper=False, left=False)
    return matrix


def _pca(covariance: Matrix, target: Matrix) -> Matrix:
    return _power(target, 0.5) @ _power(covariance, -0.5)


def _sym(covariance: Matrix, target: Matrix) -> Matrix:
    half, inverse = _power(covariance, 0.5), _power(covariance, -0.5)
    return inverse @ _power(half @ target @ half, 0.5) @ inverse


_MATRICES = {"chol": _chol, "pca": _pca, "sym": _sym}


def _power(matrix: Matrix, exponent: float, least: float = _POSITIVE) -> Matrix:
    """Return a power of a symmetric matrix, with eigenvalues below `least` raised to it."""
    values, vectors = torch.linalg.eigh(matrix)
    power: Matrix = (vectors * values.clamp_min(least) ** exponent) @ vectors.T
    return power


def exact(small: Tensor) -> Tensor:
    """Return a small tensor in float64 on the CPU, which every machine has; on `meta` there is nothing to move."""
    return small.double() if small.is_meta else small.cpu().double()


def _quantiles(mine: Float[Tensor, "n"], theirs: Float[Tensor, "m"]) -> Float[Tensor, "n"]:
    mine = mine.contiguous()  # a channel of a channels-last image is not
    order = mine.sort().values
    ranks = (torch.searchsorted(order, mine) + torch.searchsorted(order, mine, right=True)).to(mine.dtype) / 2
    targets = theirs.sort().values
    place = (ranks * (len(targets) / len(order)) - 0.5).clamp(0, len(targets) - 1)
    below = place.floor().long()
    above = (below + 1).clamp(max=len(targets) - 1)
    return torch.lerp(targets[below], targets[above], place - below)
