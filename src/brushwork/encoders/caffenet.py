"""CaffeNet, the AlexNet of Krizhevsky et al. (2012) as Caffe trained it, convolutional part."""

from __future__ import annotations

from typing import NamedTuple

from torch import nn

from brushwork.choices import Padding, Pooling
from brushwork.encoders.encoder import Encoder, EncoderStage, padding_mode
from brushwork.encoders.preprocess import Preprocess


class _Layer(NamedTuple):
    """One convolution of Caffe's bvlc_reference_caffenet."""

    channels: int
    kernel: int
    stride: int
    padding: int
    groups: int
    pooled: bool
    normalized: bool


_LAYERS = (
    _Layer(96, 11, 4, 0, 1, pooled=True, normalized=True),
    _Layer(256, 5, 1, 2, 2, pooled=True, normalized=True),
    _Layer(384, 3, 1, 1, 1, pooled=False, normalized=False),
    _Layer(384, 3, 1, 1, 2, pooled=False, normalized=False),
    _Layer(256, 3, 1, 1, 2, pooled=True, normalized=False),
)


def make_caffenet(
    preprocess: Preprocess, *, pooling: Pooling = "max", padding: Padding = "zeros", ceil: bool = False
) -> Encoder:
    """Create a CaffeNet with random weights.

    Layers: `relu1` … `relu5`, `pool1`, `norm1`, `pool2`, `norm2`, `pool5`, with `conv1` as an alias of `relu1`. Pools
    stand before the normalizations. Their windows of 3 positions overlap, with stride 2. With `ceil`, they keep a last
    window that is not full, as Caffe does.
    """
    stages: list[EncoderStage] = []
    channels_in = 3
    for index, layer in enumerate(_LAYERS, start=1):
        stages += _convolution(index, channels_in, layer, padding)
        if layer.pooled:
            make = nn.MaxPool2d if pooling == "max" else nn.AvgPool2d
            stages.append(EncoderStage(f"pool{index}", make(3, 2, ceil_mode=ceil), kernel=3, stride=2, ceil=ceil))
        if layer.normalized:
            stages.append(EncoderStage(f"norm{index}", make_response_normalization()))
        channels_in = layer.channels
    aliases = {f"conv{index}": f"relu{index}" for index in range(1, len(_LAYERS) + 1)}
    return Encoder("CaffeNet", stages, preprocess, aliases)


def make_response_normalization() -> nn.Module:
    """Create Caffe's local response normalization across 5 channels, f / (1 + 10⁻⁴/5 · Σ f²)^0.75."""
    return nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0)


def _convolution(index: int, channels_in: int, layer: _Layer, padding: Padding) -> list[EncoderStage]:
    mode = padding_mode(padding, is_first=index == 1)
    module = nn.Conv2d(
        channels_in,
        layer.channels,
        layer.kernel,
        layer.stride,
        layer.padding,
        groups=layer.groups,
        padding_mode=mode,
    )
    reflects = mode == "reflect" and layer.padding > 0
    return [
        EncoderStage(f"conv{index}", module, layer.kernel, layer.stride, layer.padding, has_reflect_padding=reflects),
        EncoderStage(f"relu{index}", nn.ReLU(inplace=True)),
    ]
