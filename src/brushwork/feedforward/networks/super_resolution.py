"""The super-resolution network of Johnson, Alahi and Fei-Fei.

Source: 1603.08155, section 4.2 and supplement.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

from brushwork.feedforward.networks.blocks import (
    CROP,
    convolution_layers,
    keep_flat_names,
    output_layer,
    residual_blocks,
    upsampling_layers,
)
from brushwork.feedforward.networks.configs import SuperResolutionConfig
from brushwork.feedforward.networks.johnson import SMALLEST, reflect_pad_to_multiple, squash_to_image
from brushwork.images.geometry import Size
from brushwork.types import Image


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
        """Return the image: tanh of the last layer's output; `size` is the size of the small image."""
        return squash_to_image(last, Size(*(side * self.settings.factor for side in size)))

    def forward(self, image: Image) -> Image:
        """Return the image upsampled by `factor`, nominally in [0, 1]."""
        return self.to_image(self.layers(self.prepare_input(image)), Size.of(image))


def _make_layers(settings: SuperResolutionConfig) -> nn.Sequential:
    w, norm, border = settings.width, settings.norm, settings.border
    layers = convolution_layers("first", norm, 3, w, 9, border=border) | residual_blocks(settings.blocks, norm, w)
    for n in range(1, settings.factor.bit_length()):
        layers |= upsampling_layers(f"up{n}", norm, w, w, settings.upsampling, border)
    return nn.Sequential(OrderedDict(layers | output_layer(w, border)))
