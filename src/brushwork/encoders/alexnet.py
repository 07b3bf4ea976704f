"""AlexNet in its one-tower form (Krizhevsky, 1404.5997), and CaffeNet, the AlexNet of 2012 as Caffe trained it.

Both lack their fully connected layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from torch import nn

from brushwork.choices import Padding, Pooling
from brushwork.encoders.encoder import Encoder
from brushwork.encoders.preprocess import Preprocess
from brushwork.encoders.stages import (
    EncoderStage,
    padding_mode,
    pool_stage,
    rectified_convolution,
    response_normalization_stage,
)


class _Layer(NamedTuple):
    """One convolution, and the pooling and normalization after it."""

    channels: int
    kernel: int
    stride: int
    padding: int
    groups: int = 1
    is_pooled: bool = False
    is_normalized: bool = False


_ALEXNET = (
    _Layer(64, 11, 4, 2, is_pooled=True),
    _Layer(192, 5, 1, 2, is_pooled=True),
    _Layer(384, 3, 1, 1),
    _Layer(256, 3, 1, 1),
    _Layer(256, 3, 1, 1, is_pooled=True),
)
"""1404.5997, Figure 2, as in torchvision."""

_CAFFENET = (
    _Layer(96, 11, 4, 0, is_pooled=True, is_normalized=True),
    _Layer(256, 5, 1, 2, groups=2, is_pooled=True, is_normalized=True),
    _Layer(384, 3, 1, 1),
    _Layer(384, 3, 1, 1, groups=2),
    _Layer(256, 3, 1, 1, groups=2, is_pooled=True),
)
"""Caffe's bvlc_reference_caffenet."""

_ALIASES = {f"conv{index}": f"relu{index}" for index in range(1, 6)}


def make_alexnet(
    preprocess: Preprocess, *, pooling: Pooling = "max", padding: Padding = "zeros", ceil: bool = False
) -> Encoder:
    """Create an AlexNet with random weights.

    Layers: `relu1` … `relu5`, `pool1`, `pool2`, `pool5`, with `conv1` as an alias of `relu1`. Its pools have
    overlapping windows of 3 positions, stride 2. With `ceil`, they keep a last window that is not full.
    """
    return Encoder("AlexNet", list(_make_stages(_ALEXNET, pooling, padding, ceil)), preprocess, _ALIASES)


def make_caffenet(
    preprocess: Preprocess, *, pooling: Pooling = "max", padding: Padding = "zeros", ceil: bool = False
) -> Encoder:
    """Create a CaffeNet with random weights.

    Layers: `relu1` … `relu5`, `pool1`, `norm1`, `pool2`, `norm2`, `pool5`, with `conv1` as an alias of `relu1`. Pools
    come before the normalizations, and have overlapping windows of 3 positions, stride 2. With `ceil`, they keep a last
    window that is not full, as Caffe does.
    """
    return Encoder("CaffeNet", list(_make_stages(_CAFFENET, pooling, padding, ceil)), preprocess, _ALIASES)


def _make_stages(layers: tuple[_Layer, ...], pooling: Pooling, padding: Padding, ceil: bool) -> Iterator[EncoderStage]:
    channels_in = 3
    for index, layer in enumerate(layers, start=1):
        convolution = nn.Conv2d(
            channels_in,
            layer.channels,
            layer.kernel,
            layer.stride,
            layer.padding,
            groups=layer.groups,
            padding_mode=padding_mode(padding, is_first=index == 1),
        )
        yield from rectified_convolution(str(index), convolution)
        if layer.is_pooled:
            yield pool_stage(f"pool{index}", 3, pooling, ceil=ceil)
        if layer.is_normalized:
            yield response_normalization_stage(f"norm{index}")
        channels_in = layer.channels
