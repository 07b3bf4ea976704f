"""What networks were shown in training: three conventions for turning a picture into numbers."""

from __future__ import annotations

from typing import Literal, TypeAlias

from brushwork.perception.preprocess import Preprocess
from brushwork.perception.vgg import make_caffe_preprocess

PreprocessName: TypeAlias = Literal["caffe", "torchvision", "signed"]
"""`caffe`: BGR, 0–255, minus the mean pixel. `torchvision`: RGB, minus mean, over deviation. `signed`: RGB, −1…1."""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Mean pixel of ImageNet, RGB, 0–1, as torchvision's networks subtract it."""

IMAGENET_STD = (0.229, 0.224, 0.225)
"""Standard deviation of ImageNet's pixels, RGB, 0–1, as torchvision's networks divide by it."""

_HALF = (0.5, 0.5, 0.5)

_WHITE = 255.0


def make_preprocess(name: PreprocessName, scale: float = _WHITE) -> Preprocess:
    """The convention's preprocessing; `scale` is the value of white on the scale 0–255."""
    if name == "caffe":
        return make_caffe_preprocess(scale)
    if name == "torchvision":
        return Preprocess(IMAGENET_MEAN, IMAGENET_STD, scale=scale / _WHITE)
    return Preprocess(_HALF, _HALF, scale=scale / _WHITE)
