"""The feed-forward network of Johnson, Alahi and Fei-Fei, which stylizes photographs in one style.

Source: 1603.08155 and its supplement; the authors' models.lua.
"""

from __future__ import annotations

from collections import OrderedDict
from math import atanh

import torch
import torch.nn.functional as F
from torch import nn

from brushwork.feedforward.networks.blocks import (
    CROP,
    convolution_layers,
    keep_flat_names,
    output_layer,
    residual_blocks,
    upsampling_layers,
)
from brushwork.feedforward.networks.configs import JOHNSON_STRIDE, JohnsonConfig
from brushwork.images.crop_pad import pad
from brushwork.images.geometry import Size
from brushwork.types import Image

SMALLEST = 5
"""Minimum side in pixels of the input of the last, 9×9 convolution, which reflects 4 pixels."""

TANH_RANGE = 150 / 255
"""Maximum distance of the output from gray: tanh times 150, of 255, as in the authors' program."""

TANH_LIMIT = atanh(0.5 / TANH_RANGE)
"""Output of the last layer that gives white; its negative gives black. Beyond them, tanh saturates."""


class JohnsonNetwork(nn.Module):
    """Johnson network: c9s1-w, d2w, d4w, R4w × blocks, u2w, uw, c9s1-3, tanh.

    Reflection padding adds the pixels that the residual blocks lose, and fills up to a multiple of `JOHNSON_STRIDE`.

    Source: 1603.08155, supplement, table 1.
    Differs: input and output are RGB in [0, 1] minus 0.5. The authors' program uses BGR in [0, 255] minus the mean
    color of VGG's training images, so its output lies within 150 of that color, ours within 150/255 of gray.
    """

    def __init__(self, settings: JohnsonConfig) -> None:
        super().__init__()
        self.settings = settings
        self.layers = _make_layers(settings)
        keep_flat_names(self)

    @property
    def margin(self) -> int:
        """Pixels of reflection padding on each side: 40 with 5 blocks."""
        return self.settings.blocks * CROP * JOHNSON_STRIDE

    def prepare_input(self, image: Image) -> Image:
        """Return the input of the first layer: centered about gray, with reflection padding."""
        return (
            reflect_pad_to_multiple(image, self.margin, JOHNSON_STRIDE, -(-SMALLEST // JOHNSON_STRIDE) * JOHNSON_STRIDE)
            - 0.5
        )

    def to_image(self, last: Image, size: Size) -> Image:
        """Return the image: tanh of the last layer's output, cropped to the given size at the upper left."""
        return squash_to_image(last, size)

    def forward_features(self, image: Image) -> Image:
        """Return the output of the last layer, the input of `to_image`."""
        last: Image = self.layers(self.prepare_input(image))
        return last

    def forward(self, image: Image) -> Image:
        """Return the stylized image, nominally in [0, 1]."""
        return self.to_image(self.forward_features(image), Size.of(image))


def squash_to_image(last: Image, size: Size) -> Image:
    """Return ½ + `TANH_RANGE` · tanh of the last layer's output, cropped to the given size at the upper left."""
    return 0.5 + TANH_RANGE * last[..., : size.height, : size.width].tanh()


def reflect_pad_to_multiple(image: Image, margin: int, multiple: int, least: int = 1) -> Image:
    """Return the image padded by reflection to a multiple of `multiple`, and at least `least`, pixels per side.

    Each side gets the margin; the rest is added at the bottom and on the right.
    """
    height, width = Size.of(image)
    # A multiple of a count gives exports simpler expressions than a remainder does, and takes half the time. Exports
    # round quotients toward 0.
    enough = -(-least // multiple)
    counts = [torch.sym_max(enough, (side + multiple - 1) // multiple) for side in (height, width)]  # type: ignore[no-untyped-call]
    fill = [multiple * count - side for count, side in zip(counts, (height, width), strict=True)]
    bottom, right = (margin + one for one in fill)
    # An export serves images of all sizes, and `pad` also reflects images smaller than their margin.
    if not torch.compiler.is_compiling() and min(height, width) > max(bottom, right):
        return F.pad(image, (margin, right, margin, bottom), mode="reflect")
    return pad(image, top=margin, bottom=bottom, left=margin, right=right)


def _make_layers(settings: JohnsonConfig) -> nn.Sequential:
    w, norm, border, how = settings.width, settings.norm, settings.border, settings.upsampling
    layers: dict[str, nn.Module] = {
        **convolution_layers("first", norm, 3, w, 9, border=border),
        **convolution_layers("down1", norm, w, 2 * w, 3, stride=2, border=border),
        **convolution_layers("down2", norm, 2 * w, 4 * w, 3, stride=2, border=border),
        **residual_blocks(settings.blocks, norm, 4 * w),
        **upsampling_layers("up1", norm, 4 * w, 2 * w, how, border),
        **upsampling_layers("up2", norm, 2 * w, w, how, border),
        **output_layer(w, border),
    }
    return nn.Sequential(OrderedDict(layers))
