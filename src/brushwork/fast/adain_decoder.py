"""AdaIN's decoder: from VGG-19's relu4_1 to a picture."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from brushwork.errors import WeightsError
from brushwork.perception.decoder import DECODER, LAYERS
from brushwork.perception.engines import Engine
from brushwork.perception.finding import find_weights
from brushwork.perception.native.decode import RectifiedConvolutionStep, convolve_rectified, is_supported
from brushwork.picture.window import Size, Window
from brushwork.types import Feature, Image

STRIDE = 8
"""Pixels that are painted for a cell, along a side."""

HALO = 4
"""Cells beyond each side of a tile that its pixels hang on.

Two convolutions at the picture's size, two at half of it, four at a quarter, one at an eighth:
⌈(⌈(⌈2/2⌉ + 2)/2⌉ + 4)/2⌉ + 1 = 4.
"""

_ENLARGED = ("conv3_4", "conv2_2", "conv1_2")
"""Layers that are given the map before them enlarged twice, each cell repeated."""


class AdaINDecoder(nn.Module):
    """Nine convolutions 3×3 with mirrored borders, rectified but for the last; three times the map is enlarged.

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
        """A picture of 8 pixels for each cell, nominally in [0, 1]. The map has two cells a side or more."""
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
    """The decoder that comes with the normalized VGG-19, in float32 on the CPU.

    Raises: WeightsError: it is not there, or damaged.
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
    """The cells that the pixels of a window hang on, of a map of so many cells."""
    top, left = own.top // STRIDE, own.left // STRIDE
    bottom, right = -(-own.bottom // STRIDE), -(-own.right // STRIDE)
    return Window(top, left, bottom - top, right - left, positions).expand(HALO)
