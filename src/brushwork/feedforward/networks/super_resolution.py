"""The super-resolution network of Johnson, Alahi and Fei-Fei.

Source: 1603.08155, section 4.2 and supplement.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from torch import nn

from brushwork.choices import BorderName, NormName, Upsampling
from brushwork.errors import InputError
from brushwork.feedforward.networks.blocks import (
    CROP,
    convolution_layers,
    keep_flat_names,
    output_layer,
    residual_blocks,
    upsampling_layers,
)
from brushwork.feedforward.networks.johnson import HALO, SMALLEST, check_config, reflect_pad_to_multiple
from brushwork.feedforward.networks.spec import ModelSpec
from brushwork.images.geometry import Size
from brushwork.types import Image


@dataclass(frozen=True, kw_only=True)
class SuperResolutionConfig:
    """Configuration of a super-resolution network."""

    factor: int = 4
    """Upsampling factor: 2, 4 or 8 (the paper: 4 and 8)."""

    width: int = 64
    """Channels of every layer."""

    blocks: int = 4
    """Number of residual blocks; 1 or more."""

    norm: NormName = "batch"
    """Batch norm, as the paper; instance norm loses the contrast of the image."""

    upsampling: Upsampling = "transposed"
    """Upsampling: transposed convolutions, as the paper, or nearest neighbor followed by a convolution."""

    border: BorderName = "zeros"
    """Padding of the convolutions that keep the size of their input."""

    def __post_init__(self) -> None:
        check_config(self.width, self.blocks, self.norm, self.upsampling, self.border)
        if self.factor not in (2, 4, 8):
            raise InputError(f"factor is {self.factor}: it must be 2, 4 or 8.")

    @property
    def spec(self) -> ModelSpec:
        """The descriptor of these networks; normalization in training needs more than one position."""
        return ModelSpec(("super-resolution",), min_size=2, scale=self.factor)


class SuperResolutionNetwork(nn.Module):
    """Super-resolution network: c9s1-w, Rw × blocks, uw × log₂ factor, c9s1-3, tanh.

    Source: 1603.08155, supplement, table 2.
    """

    def __init__(self, settings: SuperResolutionConfig) -> None:
        super().__init__()
        self.settings = settings
        self.layers = _make_layers(settings)
        keep_flat_names(self)

    @property
    def margin(self) -> int:
        """Pixels of reflection padding on each side."""
        return self.settings.blocks * CROP

    def prepare_input(self, image: Image) -> Image:
        """Return the input of the first layer: centered about gray, with reflection padding."""
        return reflect_pad_to_multiple(image, self.margin, 1, -(-SMALLEST // self.settings.factor)) - 0.5

    def to_image(self, last: Image, size: Size) -> Image:
        """Return the image made by tanh from the last layer's output; `size` is that of the small image."""
        height, width = (side * self.settings.factor for side in size)
        return 0.5 + HALO * last[..., :height, :width].tanh()

    def forward(self, image: Image) -> Image:
        """Return the image `factor` times as large, nominally in [0, 1]."""
        return self.to_image(self.layers(self.prepare_input(image)), Size.of(image))


def _make_layers(settings: SuperResolutionConfig) -> nn.Sequential:
    w, norm, border = settings.width, settings.norm, settings.border
    layers = convolution_layers("first", norm, 3, w, 9, border=border) | residual_blocks(settings.blocks, norm, w)
    for n in range(1, settings.factor.bit_length()):
        layers |= upsampling_layers(f"up{n}", norm, w, w, settings.upsampling, border)
    return nn.Sequential(OrderedDict(layers | output_layer(w, border)))
