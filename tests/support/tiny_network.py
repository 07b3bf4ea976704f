"""A small network of fixed random weights, where weights don't matter: fast."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

from brushwork.encoders.encoder import Encoder
from brushwork.encoders.preprocess import make_caffe_preprocess
from brushwork.encoders.stages import EncoderStage

CHANNELS = (3, 8, 12, 16)
CONTENT = ("conv2_1",)
STYLE = ("conv1_1", "pool1", "conv2_1", "pool2", "conv3_1")


def tiny_network(white: float = 255.0, drawn: torch.dtype = torch.float32) -> Encoder:
    """Layers `relu1_1` (8 channels), `pool1`, `relu2_1` (12), `pool2`, `relu3_1` (16); `conv1_1` means `relu1_1`.

    Weights that are drawn in float64 are the same to the bit on every machine; in float32, they are up to rounding.
    """
    generator = torch.Generator().manual_seed(3)
    stages, aliases = [], {}
    for block, (before, after) in enumerate(pairwise(CHANNELS), start=1):
        convolution = nn.Conv2d(before, after, 3, padding=1)
        spread = (2 / (9 * before)) ** 0.5  # He et al.: activations keep their size
        with torch.no_grad():
            convolution.weight.copy_(torch.randn(after, before, 3, 3, generator=generator, dtype=drawn) * spread)
            convolution.bias.copy_(torch.randn(after, generator=generator, dtype=drawn))
        stages += [
            EncoderStage(f"conv{block}_1", convolution, kernel=3, padding=1),
            EncoderStage(f"relu{block}_1", nn.ReLU()),
            EncoderStage(f"pool{block}", nn.MaxPool2d(2), kernel=2, stride=2),
        ]
        aliases[f"conv{block}_1"] = f"relu{block}_1"
    return Encoder("tiny", stages, make_caffe_preprocess(white), aliases)


def picture(seed: int, height: int, width: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """A picture of soft shapes: noise, blurred."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, max(2, height // 8), max(2, width // 8), generator=generator).to(dtype)
    fine = torch.rand(1, 3, height, width, generator=generator).to(dtype)
    shapes = nn.functional.interpolate(coarse, (height, width), mode="bilinear", align_corners=False)
    return 0.8 * shapes + 0.2 * fine
