"""Adaptive instance normalization, and the decoder from VGG-19's relu4_1 to an image.

Source: Huang & Belongie, 1703.06868.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from brushwork.choices import Engine
from brushwork.encoders.native.upsample_conv import RectifiedConvolutionStep, convolve_rectified, is_supported
from brushwork.encoders.weights.adain_decoder import DECODER, LAYERS
from brushwork.encoders.weights.find import find_weights
from brushwork.errors import WeightsError
from brushwork.images.geometry import Size, Window
from brushwork.types import Feature, Image

EPSILON = 1e-5
"""Added to variances before the square root, as in the well-known programs."""

_CELLS = 2**13
"""Positions of a band: a feature map is processed in bands of rows, so that no temporary of its size is needed."""

PerChannel = Float[Tensor, "_ _ 1 1"]
Weights = Float[Tensor, "_ 1 _ _"]

STRIDE = 8
"""Pixels of the image per position, along a side."""

HALO = 4
"""Positions beyond each side of a tile that its pixels depend on.

Two convolutions at the image's size, two at half of it, four at a quarter, one at an eighth:
⌈(⌈(⌈2/2⌉ + 2)/2⌉ + 4)/2⌉ + 1 = 4."""

_ENLARGED = ("conv3_4", "conv2_2", "conv1_2")
"""Layers whose input is the previous feature map upsampled by 2, nearest neighbor."""


class ChannelStatistics(NamedTuple):
    """Mean and standard deviation of each channel of a feature map."""

    mean: PerChannel
    std: PerChannel


class Affine(NamedTuple):
    """Gain and shift of each channel: x → gain·x + shift."""

    gain: PerChannel
    shift: PerChannel


def channel_statistics(feature: Feature, weights: Weights | None = None) -> ChannelStatistics:
    """Return μ and √(σ² + ε) of each channel, optionally weighted by position; σ² is the unbiased variance.

    With weights w, σ² = Σ w (x − μ)² / (Σ w − Σ w² / Σ w), which for weights 0 and 1 is the unbiased variance of the
    positions with weight 1. The weights must not all be 0.

    Source: Huang & Belongie, 1703.06868, equations 5 and 6.
    Differs: the paper divides by the number of positions; its program does so for the content and uses Torch's
    unbiased standard deviation for the style, and the PyTorch program, whose decoder weights are used here, the
    unbiased one for both.
    """
    if weights is None:
        total = torch.tensor(float(feature.shape[2] * feature.shape[3]), device=feature.device)
        freedom = total - 1
    else:
        total = weights.sum((2, 3), keepdim=True)
        freedom = total - weights.square().sum((2, 3), keepdim=True) / total
    mean = _summed(feature, weights, lambda x: x) / total
    # The variance of a single position is 0, not 0/0.
    variance = _summed(feature, weights, lambda x: (x - mean).square()) / freedom.clamp_min(EPSILON)
    return ChannelStatistics(mean, (variance + EPSILON).sqrt())


def blend_statistics(spreads: Sequence[ChannelStatistics], shares: Sequence[float]) -> ChannelStatistics:
    """Return the weighted means of the means and of the standard deviations.

    All that is affine in them is blended likewise.

    Source: 1703.06868, equation 15.
    """
    means, stds = zip(*spreads, strict=True)
    return ChannelStatistics(
        *(sum(one * fraction for one, fraction in zip(part, shares, strict=True)) for part in (means, stds))
    )


def move_statistics(own: ChannelStatistics, requested: ChannelStatistics, strength: float = 1.0) -> Affine:
    """Return the affine map that moves a feature's statistics toward the requested ones.

    (1 − α)·x + α·(σ(y)·(x − μ(x)) / σ(x) + μ(y)), with α the strength.

    Source: 1703.06868, equations 8 and 14.
    """
    gain = requested.std / own.std
    return Affine(strength * gain + (1 - strength), strength * (requested.mean - gain * own.mean))


def apply_affine(affine: Affine, feature: Feature) -> Feature:
    """Return gain·x + shift."""
    return torch.addcmul(affine.shift, affine.gain, feature)


def _summed(feature: Feature, weights: Weights | None, of: Callable[[Feature], Feature]) -> PerChannel:
    """Return Σ w·of(x) over the positions."""
    rows = max(1, _CELLS // feature.shape[3])
    parts = []
    for top in range(0, feature.shape[2], rows):
        band = of(feature[:, :, top : top + rows])
        parts.append((band if weights is None else band * weights[:, :, top : top + rows]).sum((2, 3), keepdim=True))
    return torch.stack(parts).sum(0)


class AdaINDecoder(nn.Module):
    """Decoder of nine 3×3 convolutions with reflected borders and three upsamplings.

    All convolutions but the last are followed by a ReLU.

    Source: Huang & Belongie, 1703.06868, section 5.
    """

    def __init__(self) -> None:
        super().__init__()
        self.engine: Engine = "plain"
        self.layers = nn.ModuleDict(
            {name: nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect") for name, inputs, outputs in LAYERS}
        )
        self.requires_grad_(False)
        self.eval()

    def forward(self, feature: Feature) -> Image:
        """Return an image with 8×8 pixels per position, nominally in [0, 1].

        The feature map must have at least two positions per side.
        """
        *before, (last, _, _) = LAYERS
        for name, _, _ in before:
            feature = self._rectified(feature, name)
        image: Image = self.layers[last](feature)
        return image

    def _rectified(self, feature: Feature, name: str) -> Feature:
        layer, enlarges = self.layers[name], name in _ENLARGED
        assert isinstance(layer, nn.Conv2d)
        if self.engine == "native" and is_supported(feature, layer):
            return convolve_rectified(feature, RectifiedConvolutionStep(layer, enlarges))
        if enlarges:
            feature = functional.interpolate(feature, scale_factor=2, mode="nearest")
        return functional.relu_(layer(feature))


def load_adain_decoder(engine: Engine = "plain") -> AdaINDecoder:
    """Return the decoder that comes with the normalized VGG-19, in float32 on the CPU.

    Raises: WeightsError: it is missing or damaged.
    """
    weights = find_weights("adain-decoder")
    if weights.architecture != DECODER:
        raise WeightsError(f"{weights.source} holds a {weights.architecture}, and no {DECODER}.")
    with torch.device("meta"):
        decoder = AdaINDecoder()
    decoder.layers.load_state_dict(weights.tensors, assign=True)
    decoder.requires_grad_(False)
    decoder.engine = engine
    return decoder


def input_window(own: Window, positions: Size) -> Window:
    """Return the window of positions, of a feature map of a size, that the pixels of a window depend on."""
    top, left = own.top // STRIDE, own.left // STRIDE
    bottom, right = -(-own.bottom // STRIDE), -(-own.right // STRIDE)
    return Window(top, left, bottom - top, right - left, positions).expand(HALO)
