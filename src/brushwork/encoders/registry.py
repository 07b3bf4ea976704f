"""Network architectures by name, and the construction of encoders from weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial

import torch
from torch import Tensor

from brushwork.choices import Padding, Pooling
from brushwork.encoders.alexnet import make_alexnet, make_caffenet
from brushwork.encoders.encoder import Encoder
from brushwork.encoders.googlenet import make_googlenet
from brushwork.encoders.preprocess import Preprocess, make_preprocess
from brushwork.encoders.vgg import make_vgg

ARCHITECTURES: Mapping[str, Callable[..., Encoder]] = {
    "VGG-19": partial(make_vgg, 19),
    "VGG-16": partial(make_vgg, 16),
    "AlexNet": make_alexnet,
    "CaffeNet": make_caffenet,
    "GoogLeNet": make_googlenet,
    "GoogLeNet-Caffe": partial(make_googlenet, form="caffe"),
}
"""Name → function that creates the network, given the preprocessing, `pooling`, `padding` and `ceil`."""


def build_encoder(
    architecture: str,
    tensors: Mapping[str, Tensor],
    preprocess: Preprocess,
    pooling: Pooling,
    padding: Padding,
    ceil: bool = False,
) -> Encoder:
    """Build a network that uses the given weights, without a copy."""
    # Built on the meta device: no time is spent on random weights, and the random state is unchanged.
    with torch.device("meta"):
        encoder = ARCHITECTURES[architecture](preprocess, pooling=pooling, padding=padding, ceil=ceil)
    encoder.stages.load_state_dict(tensors, assign=True)
    return encoder


@cache
def tensor_shapes(architecture: str) -> Mapping[str, tuple[int, ...]]:
    """Return the shape of every tensor of the network by name, in the network's order."""
    convention = make_preprocess("caffe")
    with torch.device("meta"):
        encoder = ARCHITECTURES[architecture](convention)
    return {name: tuple(tensor.shape) for name, tensor in encoder.stages.state_dict().items()}
