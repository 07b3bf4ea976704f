"""Stages of an encoder: named modules and their effect on the geometry, and functions for the usual ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from torch import nn

from brushwork.choices import Padding, Pooling

Stages: TypeAlias = Mapping[str, nn.Module]
"""The modules of a network by the names of its stages, shallow to deep."""

PaddingMode: TypeAlias = Literal["zeros", "reflect", "replicate"]
"""Padding of one convolution."""


def padding_mode(padding: Padding, *, is_first: bool) -> PaddingMode:
    """Return the padding of one of the network's convolutions, the first or another."""
    if padding != "replicate-first":
        return padding
    return "replicate" if is_first else "zeros"


class LayerGeometry(NamedTuple):
    """Receptive field of a layer: position i covers the pixels i·stride − before … i·stride + after, inclusive."""

    stride: int = 1
    before: int = 0
    after: int = 0

    def compose(self, kernel: int, stride: int, padding: int) -> LayerGeometry:
        """Return the geometry after one more convolution or pooling."""
        return LayerGeometry(
            self.stride * stride,
            self.before + padding * self.stride,
            self.after + (kernel - 1 - padding) * self.stride,
        )

    @property
    def halo(self) -> int:
        """Number of pixels that a tile needs on each side so that its own positions are exact.

        It is rounded up to the stride. The tile's origin must be a multiple of the stride too.
        """
        needed = max(self.before, self.after - self.stride + 1, 0)
        return -(-needed // self.stride) * self.stride


class EncoderStage(NamedTuple):
    """One named step of a network, and its effect on the geometry (pointwise steps keep the defaults).

    With `ceil`, a last window that extends over the border counts. With `has_reflect_padding`, the padding mirrors the
    map, which must then be larger than the padding.
    """

    name: str
    module: nn.Module
    kernel: int = 1
    stride: int = 1
    padding: int = 0
    ceil: bool = False
    has_reflect_padding: bool = False

    def input_size(self, positions: int) -> int:
        """Return the smallest side of the map before this stage that leaves `positions` after it."""
        overhang = self.stride - 1 if self.ceil else 0
        needed = (positions - 1) * self.stride + self.kernel - 2 * self.padding - overhang
        return max(needed, self.padding + 1 if self.has_reflect_padding else 1)

    def output_size(self, positions: int) -> int:
        """Return the side of the map after this stage."""
        extent = positions + 2 * self.padding - self.kernel
        count = (-(-extent // self.stride) if self.ceil else extent // self.stride) + 1
        overhanging = self.ceil and (count - 1) * self.stride >= positions + self.padding
        return count - 1 if overhanging else count


def convolution_stage(name: str, convolution: nn.Conv2d) -> EncoderStage:
    """Return the stage of a convolution with square filters, with the geometry read from the module."""
    kernel, stride, padding = convolution.kernel_size[0], convolution.stride[0], convolution.padding[0]
    assert isinstance(padding, int)
    has_reflect_padding = convolution.padding_mode == "reflect" and padding > 0
    return EncoderStage(name, convolution, kernel, stride, padding, has_reflect_padding=has_reflect_padding)


def rectified_convolution(index: str, convolution: nn.Conv2d) -> list[EncoderStage]:
    """Return the stages `conv{index}` and `relu{index}`."""
    return [convolution_stage(f"conv{index}", convolution), EncoderStage(f"relu{index}", nn.ReLU(inplace=True))]


def pool_stage(name: str, kernel: int, pooling: Pooling, *, ceil: bool) -> EncoderStage:
    """Return a pool with stride 2; with `ceil`, it keeps a last window that is not full."""
    make = nn.MaxPool2d if pooling == "max" else nn.AvgPool2d
    return EncoderStage(name, make(kernel, 2, ceil_mode=ceil), kernel, stride=2, ceil=ceil)


def response_normalization_stage(name: str) -> EncoderStage:
    """Return Caffe's local response normalization across 5 channels, f / (1 + 10⁻⁴/5 · Σ f²)^0.75."""
    return EncoderStage(name, nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0))
