"""AlexNet in its one-tower form (Krizhevsky, 1404.5997), convolutional part."""

from __future__ import annotations

from typing import NamedTuple

from torch import nn

from brushwork.choices import Padding, Pooling
from brushwork.encoders.encoder import Encoder, EncoderStage, PaddingMode, padding_mode
from brushwork.encoders.preprocess import Preprocess


class _Layer(NamedTuple):
    """One convolution of 1404.5997, Figure 2, as in torchvision."""

    channels: int
    kernel: int
    stride: int
    padding: int
    pooled: bool


_LAYERS = (
    _Layer(64, 11, 4, 2, pooled=True),
    _Layer(192, 5, 1, 2, pooled=True),
    _Layer(384, 3, 1, 1, pooled=False),
    _Layer(256, 3, 1, 1, pooled=False),
    _Layer(256, 3, 1, 1, pooled=True),
)


def make_alexnet(
    preprocess: Preprocess, *, pooling: Pooling = "max", padding: Padding = "zeros", ceil: bool = False
) -> Encoder:
    """Create an AlexNet with random weights.

    Layers: `relu1` … `relu5`, `pool1`, `pool2`, `pool5`, with `conv1` as an alias of `relu1`. Its pools overlap:
    windows of 3 positions, stride 2. With `ceil`, they keep a last window that is not full.
    """
    stages: list[EncoderStage] = []
    channels_in = 3
    for index, layer in enumerate(_LAYERS, start=1):
        stages += _convolution(index, channels_in, layer, padding_mode(padding, is_first=not stages))
        if layer.pooled:
            stages.append(EncoderStage(f"pool{index}", _pool(pooling, ceil), kernel=3, stride=2, ceil=ceil))
        channels_in = layer.channels
    aliases = {f"conv{index}": f"relu{index}" for index in range(1, len(_LAYERS) + 1)}
    return Encoder("AlexNet", stages, preprocess, aliases)


def _convolution(index: int, channels_in: int, layer: _Layer, padding: PaddingMode) -> list[EncoderStage]:
    channels, kernel, stride, border, _ = layer
    module = nn.Conv2d(channels_in, channels, kernel, stride, border, padding_mode=padding)
    return [
        EncoderStage(f"conv{index}", module, kernel, stride, border, has_reflect_padding=padding == "reflect"),
        EncoderStage(f"relu{index}", nn.ReLU(inplace=True)),
    ]


def _pool(pooling: Pooling, ceil: bool) -> nn.Module:
    return nn.MaxPool2d(3, 2, ceil_mode=ceil) if pooling == "max" else nn.AvgPool2d(3, 2, ceil_mode=ceil)
