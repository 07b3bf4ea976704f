"""Adaptive instance normalization: a map is given the mean and the deviation of another in each channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.types import Feature

EPSILON = 1e-5
"""Added to variances before their root, as in the well-known programs."""

_CELLS = 2**13
"""Cells of a band: a map is gone through in bands of rows, so that nothing of its size is made beside it."""

PerChannel = Float[Tensor, "_ _ 1 1"]
Weights = Float[Tensor, "_ 1 _ _"]


class ChannelStatistics(NamedTuple):
    """The mean and the standard deviation of each channel of a map."""

    mean: PerChannel
    std: PerChannel


class Affine(NamedTuple):
    """A channel's gain and shift: x → gain·x + shift."""

    gain: PerChannel
    shift: PerChannel


def channel_statistics(feature: Feature, weights: Weights | None = None) -> ChannelStatistics:
    """μ and √(σ² + ε) of each channel, σ² being the unbiased variance; of the cells as far as they weigh.

    With weights w, σ² = Σ w (x − μ)² / (Σ w − Σ w² / Σ w), which is the unbiased variance of those cells that weigh 1
    where the others weigh 0. The weights must not all be 0.

    Source: Huang & Belongie, 1703.06868, equations 5 and 6.
    Differs: the paper divides by the number of cells; its program takes that for the photograph and Torch's unbiased
    deviation for the painting, and the program in PyTorch, whose weights the decoder has, the unbiased one for both.
    """
    if weights is None:
        total = torch.tensor(float(feature.shape[2] * feature.shape[3]), device=feature.device)
        freedom = total - 1
    else:
        total = weights.sum((2, 3), keepdim=True)
        freedom = total - weights.square().sum((2, 3), keepdim=True) / total
    mean = _summed(feature, weights, lambda x: x) / total
    # Of one cell alone the variance is 0, not 0/0.
    variance = _summed(feature, weights, lambda x: (x - mean).square()) / freedom.clamp_min(EPSILON)
    return ChannelStatistics(mean, (variance + EPSILON).sqrt())


def blend_statistics(spreads: Sequence[ChannelStatistics], shares: Sequence[float]) -> ChannelStatistics:
    """Weighted means of means and of deviations: of what is affine in them, the blend.

    Source: 1703.06868, equation 15.
    """
    means, stds = zip(*spreads, strict=True)
    return ChannelStatistics(
        *(sum(one * share for one, share in zip(part, shares, strict=True)) for part in (means, stds))
    )


def move_statistics(own: ChannelStatistics, wanted: ChannelStatistics, strength: float = 1.0) -> Affine:
    """(1 − α)·x + α·(σ(y)·(x − μ(x)) / σ(x) + μ(y)): from one spread as far towards another as the strength α says.

    Source: 1703.06868, equations 8 and 14.
    """
    gain = wanted.std / own.std
    return Affine(strength * gain + (1 - strength), strength * (wanted.mean - gain * own.mean))


def apply_affine(affine: Affine, feature: Feature) -> Feature:
    """gain·x + shift."""
    return torch.addcmul(affine.shift, affine.gain, feature)


def _summed(feature: Feature, weights: Weights | None, of: Callable[[Feature], Feature]) -> PerChannel:
    """Σ w·of(x) over the cells."""
    rows = max(1, _CELLS // feature.shape[3])
    parts = []
    for top in range(0, feature.shape[2], rows):
        band = of(feature[:, :, top : top + rows])
        parts.append((band if weights is None else band * weights[:, :, top : top + rows]).sum((2, 3), keepdim=True))
    return torch.stack(parts).sum(0)
