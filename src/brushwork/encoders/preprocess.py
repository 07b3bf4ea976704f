"""Preprocessing of images for an encoder: color order, scale, mean and standard deviation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from brushwork.choices import PreprocessName
from brushwork.types import Image

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Mean pixel of ImageNet, RGB, 0–1, as subtracted by torchvision's networks."""

IMAGENET_STD = (0.229, 0.224, 0.225)
"""Standard deviation of ImageNet's pixels, RGB, 0–1, by which torchvision's networks divide."""

_HALF = (0.5, 0.5, 0.5)

_WHITE = 255.0

CAFFE_MEAN = (123.68, 116.779, 103.939)
"""Mean pixel of the Caffe models, RGB, 0–255."""

ILSVRC_MEAN = (122.67892, 116.66877, 104.00699)
"""Mean over the positions of ilsvrc_2012_mean.npy, which Caffe's own models subtract, RGB, 0–255."""


class Preprocess(nn.Module):
    """Conversion from sRGB in [0, 1] to a network's input, (image·scale − mean) / std.

    `mean` and `std` are in RGB order; at the end, `bgr` swaps the channels. The Caffe networks use 255, BGR and the
    mean (123.68, 116.779, 103.939).
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float], *, scale: float = 1.0, bgr: bool = False) -> None:
        super().__init__()
        self.scale = scale
        self.bgr = bgr
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std, dtype=torch.float32).view(1, 3, 1, 1), persistent=False)

    def forward(self, image: Image) -> Image:
        shown: Tensor = (image * self.scale - self.mean) / self.std
        return shown.flip(1) if self.bgr else shown


def make_preprocess(name: PreprocessName, scale: float = _WHITE) -> Preprocess:
    """Create the preprocessing with the given name; `scale` is the value of white on the scale 0–255."""
    if name == "caffe":
        return make_caffe_preprocess(scale)
    if name == "ilsvrc":
        return Preprocess(ILSVRC_MEAN, (1.0, 1.0, 1.0), scale=scale, bgr=True)
    if name == "torchvision":
        return Preprocess(IMAGENET_MEAN, IMAGENET_STD, scale=scale / _WHITE)
    return Preprocess(_HALF, _HALF, scale=scale / _WHITE)


def make_caffe_preprocess(scale: float = 255.0) -> Preprocess:
    """Create the Caffe preprocessing: BGR, 0–`scale`, minus the mean pixel.

    jcjohnson's programs multiply by 256 and subtract the same mean.
    """
    return Preprocess(CAFFE_MEAN, (1.0, 1.0, 1.0), scale=scale, bgr=True)
