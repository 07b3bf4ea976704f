"""The style representation of AdaIN: the channel statistics of one layer.

Source: Huang & Belongie, 1703.06868.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.choices import Engine
from brushwork.encoders import Encoder, load_encoder
from brushwork.losses.moments import LayerStatistics
from brushwork.types import Feature, Image

NETWORK = "vgg19-normalized"

LAYER = "relu4_1"
"""Layer at which images are encoded: the decoder was trained on its features."""

EPSILON = 1e-5
"""Added to variances before the square root, as in the PyTorch program."""

_CELLS = 2**13
"""Positions per band: feature maps are processed in bands of rows, which avoids temporaries of the full size."""

PerChannel: TypeAlias = Float[Tensor, "_ _ 1 1"]
Weights: TypeAlias = Float[Tensor, "_ 1 _ _"]


class ChannelStatistics(NamedTuple):
    """Mean and standard deviation of each channel of a feature map."""

    mean: PerChannel
    std: PerChannel

    @classmethod
    def of_entry(cls, entry: LayerStatistics) -> ChannelStatistics:
        """Return the statistics from the entry of a style file."""
        return cls(entry.mean[..., None, None], entry.std[..., None, None])

    def to_entry(self) -> LayerStatistics:
        """Return the entry of a style file; its Gram matrix is empty."""
        mean, std = (one[..., 0, 0] for one in self)
        return LayerStatistics(mean.new_empty(len(mean), 0, 0), mean, std)


def load_adain_encoder(engine: Literal["auto"] | Engine = "auto") -> Encoder:
    """Load VGG-19 up to relu4_1 as in the decoder's training, with reflection padding and pooling in ceil mode.

    Raises: WeightsError: the weights are missing.
    """
    encoder = load_encoder(NETWORK, padding="reflect", ceil=True, engine=engine)
    encoder.truncate([LAYER])
    return encoder


def encode_style(encoder: Encoder, style: Image) -> ChannelStatistics:
    """Return the statistics of a style image, encoded whole."""
    feature: Feature = encoder(style, [LAYER])[LAYER]
    return channel_statistics(feature)


def channel_statistics(feature: Feature, weights: Weights | None = None) -> ChannelStatistics:
    """Return μ and √(σ² + ε) of each channel, optionally weighted by position; σ² is the unbiased variance.

    With weights w, σ² = Σ w (x − μ)² / (Σ w − Σ w² / Σ w). For weights 0 and 1, this is the unbiased variance of the
    positions with weight 1. The weights must not all be 0.

    Source: Huang & Belongie, 1703.06868, equations 5 and 6.
    Differs: the paper and the authors' program divide by the number of positions, and the program adds ε for the
    content only; the PyTorch program, whose decoder weights are used here, has the formula above for both.
    """
    if weights is None:
        total = torch.tensor(float(feature.shape[2] * feature.shape[3]), device=feature.device)
        freedom = total - 1
    else:
        total = weights.sum((2, 3), keepdim=True)
        freedom = total - weights.square().sum((2, 3), keepdim=True) / total
    mean = _weighted_sum(feature, weights, lambda x: x) / total
    # The variance of a single position is 0, not 0/0.
    variance = _weighted_sum(feature, weights, lambda x: (x - mean).square()) / freedom.clamp_min(EPSILON)
    return ChannelStatistics(mean, (variance + EPSILON).sqrt())


def _weighted_sum(feature: Feature, weights: Weights | None, of: Callable[[Feature], Feature]) -> PerChannel:
    """Return Σ w·of(x) over the positions."""
    rows = max(1, _CELLS // feature.shape[3])
    parts = []
    for top in range(0, feature.shape[2], rows):
        band = of(feature[:, :, top : top + rows])
        parts.append((band if weights is None else band * weights[:, :, top : top + rows]).sum((2, 3), keepdim=True))
    return torch.stack(parts).sum(0)
