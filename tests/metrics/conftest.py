"""Random evaluation networks, their tensors, and pictures to evaluate."""

from __future__ import annotations

import pytest
import torch

from brushwork.encoders.preprocess import make_preprocess
from brushwork.encoders.registry import build_encoder, tensor_shapes
from brushwork.encoders.weights.lpips_layers import linear_shapes
from brushwork.metrics import Evaluator, Lpips
from brushwork.metrics.evaluator import metric_layers
from brushwork.metrics.lpips import LAYERS

ARCHITECTURES = {"alexnet": "AlexNet", "vgg16": "VGG-16"}


def random_weights(architecture):
    """Weights that keep the size of activations (He), small biases."""
    generator = torch.Generator().manual_seed(0)
    return {
        name: torch.randn(shape, generator=generator)
        * ((2 / torch.Size(shape[1:]).numel()) ** 0.5 if len(shape) > 1 else 0.1)
        for name, shape in tensor_shapes(architecture).items()
    }


@pytest.fixture(scope="session")
def tensors():
    """Name → architecture's tensors, and the linear layers."""
    generator = torch.Generator().manual_seed(1)
    return {
        name: (
            random_weights(architecture),
            [torch.rand(shape, generator=generator) for shape in linear_shapes(f"LPIPS of {architecture}").values()],
        )
        for name, architecture in ARCHITECTURES.items()
    }


@pytest.fixture(scope="session")
def lpips(tensors):
    """LPIPS in the random networks, by name."""
    return {
        name: Lpips(
            build_encoder(ARCHITECTURES[name], weights, make_preprocess("torchvision"), "max", "zeros"),
            LAYERS[name],
            linear,
        )
        for name, (weights, linear) in tensors.items()
    }


@pytest.fixture(scope="session")
def evaluator(lpips):
    """An evaluator with the random AlexNet."""
    encoder = lpips["alexnet"].encoder
    return Evaluator(encoder, metric_layers(encoder), lpips)


def picture(seed, height, width):
    """Smooth blots of color."""
    generator = torch.Generator().manual_seed(seed)
    blots = torch.rand(1, 3, 8, 8, generator=generator)
    return torch.nn.functional.interpolate(blots, (height, width), mode="bilinear")


@pytest.fixture(scope="session")
def photograph():
    return picture(1, 64, 80)


@pytest.fixture(scope="session")
def painting():
    return picture(2, 72, 60)
