"""Adaptive instance normalization, and the decoder from VGG-19's relu4_1 to an image.

Source: Huang & Belongie, 1703.06868.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from brushwork.choices import Engine
from brushwork.controls.adain import ChannelStatistics, PerChannel
from brushwork.encoders.native.inference_conv import RectifiedConvolutionStep, convolve_rectified, is_supported
from brushwork.encoders.weights.adain_decoder import DECODER, LAYERS
from brushwork.encoders.weights.find import find_weights
from brushwork.errors import WeightsError
from brushwork.images.geometry import Size, Window
from brushwork.types import Feature, Image

STRIDE = 8
"""Pixels of the image per position, along a side."""

HALO = 4
"""Positions beyond each side of a tile on which its pixels depend.

Two convolutions at the image's size, two at half of it, four at a quarter, one at an eighth:
⌈(⌈(⌈2/2⌉ + 2)/2⌉ + 4)/2⌉ + 1 = 4."""

_ENLARGED = ("conv3_4", "conv2_2", "conv1_2")
"""Layers whose input is the previous feature map after nearest-neighbor upsampling by 2."""


class Affine(NamedTuple):
    """Gain and shift of each channel: x → gain·x + shift."""

    gain: PerChannel
    shift: PerChannel


def blend_statistics(statistics: Sequence[ChannelStatistics], shares: Sequence[float]) -> ChannelStatistics:
    """Return the weighted mean of the means and that of the standard deviations.

    This also blends every affine function of them.

    Source: 1703.06868, equation 15.
    """
    means, stds = zip(*statistics, strict=True)
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
            feature = self._rectify(feature, name)
        image: Image = self.layers[last](feature)
        return image

    def _rectify(self, feature: Feature, name: str) -> Feature:
        layer, enlarges = self.layers[name], name in _ENLARGED
        assert isinstance(layer, nn.Conv2d)
        if self.engine == "native" and is_supported(feature, layer.weight):
            return convolve_rectified(feature, RectifiedConvolutionStep(layer, enlarges))
        if enlarges:
            feature = functional.interpolate(feature, scale_factor=2, mode="nearest")
        return functional.relu_(layer(feature))


@torch.inference_mode(False)
def load_adain_decoder(engine: Engine = "plain") -> AdaINDecoder:
    """Return the decoder that belongs to the normalized VGG-19, in float32 on the CPU.

    Raises: WeightsError: its weights are missing or damaged.
    """
    weights = find_weights("adain-decoder")
    if weights.architecture != DECODER:
        raise WeightsError(f"{weights.source} holds weights of {weights.architecture}, not of {DECODER}.")
    with torch.device("meta"):
        decoder = AdaINDecoder()
    decoder.layers.load_state_dict(weights.tensors, assign=True)
    decoder.requires_grad_(False)
    decoder.engine = engine
    return decoder


def input_window(own: Window, positions: Size) -> Window:
    """Return the window of a feature map of size `positions` on which the pixels of a window depend."""
    top, left = own.top // STRIDE, own.left // STRIDE
    bottom, right = -(-own.bottom // STRIDE), -(-own.right // STRIDE)
    return Window(top, left, bottom - top, right - left, positions).expand(HALO)
