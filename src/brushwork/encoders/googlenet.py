"""GoogLeNet (Szegedy et al., 1409.4842) up to the last inception block, in the paper's form and in torchvision's.

Caffe's weights have the paper's form. torchvision's form differs: batch normalization after each convolution (folded
into it here), no local response normalization, 3×3 filters where the paper has 5×5, and a last pool of 2×2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from brushwork.choices import Padding, Pooling
from brushwork.encoders.encoder import Encoder
from brushwork.encoders.preprocess import Preprocess
from brushwork.encoders.stages import (
    EncoderStage,
    PaddingMode,
    convolution_stage,
    padding_mode,
    pool_stage,
    response_normalization_stage,
)
from brushwork.types import Feature


class InceptionWidths(NamedTuple):
    """Numbers of channels of an inception block's convolutions (1409.4842, Table 1)."""

    one: int
    three_reduce: int
    three: int
    five_reduce: int
    five: int
    pool_proj: int

    @property
    def total(self) -> int:
        """Number of channels of the block's output."""
        return self.one + self.three + self.five + self.pool_proj


_BLOCKS = {
    "3a": InceptionWidths(64, 96, 128, 16, 32, 32),
    "3b": InceptionWidths(128, 128, 192, 32, 96, 64),
    "4a": InceptionWidths(192, 96, 208, 16, 48, 64),
    "4b": InceptionWidths(160, 112, 224, 24, 64, 64),
    "4c": InceptionWidths(128, 128, 256, 24, 64, 64),
    "4d": InceptionWidths(112, 144, 288, 32, 64, 64),
    "4e": InceptionWidths(256, 160, 320, 32, 128, 128),
    "5a": InceptionWidths(256, 160, 320, 32, 128, 128),
    "5b": InceptionWidths(384, 192, 384, 48, 128, 128),
}

_POOLS = ("pool1", "pool2", "pool3", "pool4")

_STEM_CHANNELS = (64, 64, 192)
"""Numbers of channels of the three convolutions before the blocks (1409.4842, Table 1)."""


Form: TypeAlias = Literal["caffe", "torchvision"]

LARGEST_KERNEL: Mapping[Form, int] = {"caffe": 5, "torchvision": 3}
"""Side of the filters in the branch that the paper calls 5×5."""

LAST_POOL: Mapping[Form, int] = {"caffe": 3, "torchvision": 2}
"""Side of the last pool's windows."""


class RectifiedConvolution(nn.Conv2d):
    """Convolution followed by ReLU, max(0, w∗x + b)."""

    def forward(self, x: Feature) -> Feature:
        return functional.relu(super().forward(x), inplace=True)


class Inception(nn.ModuleDict):
    """Four branches over one input, concatenated along the channels; convolutions have their names from Caffe."""

    def __init__(self, channels_in: int, widths: InceptionWidths, padding: PaddingMode, form: Form) -> None:
        def convolution(incoming: int, outgoing: int, kernel: int) -> nn.Module:
            return RectifiedConvolution(incoming, outgoing, kernel, padding=kernel // 2, padding_mode=padding)

        super().__init__(
            {
                "1x1": convolution(channels_in, widths.one, 1),
                "3x3_reduce": convolution(channels_in, widths.three_reduce, 1),
                "3x3": convolution(widths.three_reduce, widths.three, 3),
                "5x5_reduce": convolution(channels_in, widths.five_reduce, 1),
                "5x5": convolution(widths.five_reduce, widths.five, LARGEST_KERNEL[form]),
                "pool_proj": convolution(channels_in, widths.pool_proj, 1),
            }
        )

    def forward(self, x: Feature) -> Feature:
        pooled = functional.max_pool2d(x, kernel_size=3, stride=1, padding=1)
        branches: list[Tensor] = [
            self["1x1"](x),
            self["3x3"](self["3x3_reduce"](x)),
            self["5x5"](self["5x5_reduce"](x)),
            self["pool_proj"](pooled),
        ]
        return torch.cat(branches, dim=1)


def make_googlenet(
    preprocess: Preprocess,
    *,
    pooling: Pooling = "max",
    padding: Padding = "zeros",
    ceil: bool = True,
    form: Form = "torchvision",
) -> Encoder:
    """Create a GoogLeNet with random weights.

    Layers: `conv1/7x7_s2`, `conv2/3x3_reduce`, `conv2/3x3`, `pool1` … `pool4`, `inception_3a` … `inception_5b`, all
    rectified; in Caffe's form also the normalized `pool1/norm1` and `conv2/norm2`. `pooling` applies between the
    blocks; the pool inside a block is always a maximum. `ceil` has no effect: pools always keep a last window that is
    not full, as in training.
    """
    first, reduced, third = _STEM_CHANNELS
    others, is_normalized = padding_mode(padding, is_first=False), form == "caffe"
    stem = RectifiedConvolution(3, first, 7, stride=2, padding=3, padding_mode=padding_mode(padding, is_first=True))
    narrow = RectifiedConvolution(first, reduced, 1)
    wide = RectifiedConvolution(reduced, third, 3, padding=1, padding_mode=others)
    stages = [
        convolution_stage("conv1/7x7_s2", stem),
        pool_stage("pool1", 3, pooling, ceil=True),
        *[response_normalization_stage("pool1/norm1")] * is_normalized,
        convolution_stage("conv2/3x3_reduce", narrow),
        convolution_stage("conv2/3x3", wide),
        *[response_normalization_stage("conv2/norm2")] * is_normalized,
        pool_stage("pool2", 3, pooling, ceil=True),
        *_blocks(third, pooling, others, form),
    ]
    return Encoder("GoogLeNet", stages, preprocess, _aliases(stages))


def _blocks(channels_in: int, pooling: Pooling, padding: PaddingMode, form: Form) -> list[EncoderStage]:
    stages, kernel = [], LARGEST_KERNEL[form]
    for name, widths in _BLOCKS.items():
        block, reflects = Inception(channels_in, widths, padding, form), padding == "reflect"
        stages.append(
            EncoderStage(f"inception_{name}", block, kernel, padding=kernel // 2, has_reflect_padding=reflects)
        )
        channels_in = widths.total
        if name == "3b":
            stages.append(pool_stage("pool3", 3, pooling, ceil=True))
        if name == "4e":
            stages.append(pool_stage("pool4", LAST_POOL[form], pooling, ceil=True))
    return stages


def _aliases(stages: list[EncoderStage]) -> dict[str, str]:
    """Return the aliases, which are the names of the same blobs in Caffe's model."""
    pools = {f"{stage.name}/3x3_s2": stage.name for stage in stages if stage.name in _POOLS}
    outputs = {f"{stage.name}/output": stage.name for stage in stages if stage.name.startswith("inception")}
    return pools | outputs
