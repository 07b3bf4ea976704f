"""Presets of programs that want Lua or Caffe, against their formulas in float64, network and all.

From the picture in [0, 1] to the loss nothing here is brushwork's but the numbers of the weights.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
import torch
from torch.nn.functional import avg_pool2d, conv2d, max_pool2d

from brushwork.images.geometry import Size
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes import load_preset
from brushwork.recipes.style_transfer import TransferProblem
from tiny_network import picture
from tolerances import DOUBLE

SIZE = Size(50, 70)
"""No multiple of 16: Torch7's pools round up, PyTorch's down."""
BLOCKS = (2, 2, 4, 4, 1)
"""Convolutions of VGG-19's blocks, up to conv5_1."""
MEAN_BGR = torch.tensor([103.939, 116.779, 123.68]).double().view(1, 3, 1, 1)
"""Rounded to float32, as brushwork keeps it: where all else is float64, no difference is left."""


def features(image, weights, pool, white):
    """`conv1_1` … `conv5_1`, rectified, of a picture in [0, 1]."""
    x, found = image.flip(1) * white - MEAN_BGR, {}
    for block, count in enumerate(BLOCKS, start=1):
        for index in range(1, count + 1):
            name = f"conv{block}_{index}"
            weight, bias = weights[f"{name}.weight"].double(), weights[f"{name}.bias"].double()
            x = found[name] = conv2d(x, weight, bias, padding=1).clamp(min=0)
        x = pool(x)
    return found


def gram(feature):
    """G/M."""
    columns = feature[0].flatten(1)
    return columns @ columns.T / columns.shape[1]


STYLE = [f"conv{block}_1" for block in range(1, 6)]


def notebooks_on_the_normalized_network(own, content, style):
    """1e6 · MSE at conv4_2; 1e9/5 · mean of (G/M − A/M)² over the N² entries of each layer."""
    loss = 1e6 * (own["conv4_2"] - content["conv4_2"]).square().mean()
    return loss + sum(1e9 / 5 * (gram(own[name]) - gram(style[name])).square().mean() for name in STYLE)


def notebook_on_the_original_network(own, content, style):
    """MSE at conv4_2; 1e3/N² · mean of (G/M − A/M)² over the N² entries of each layer."""
    loss = (own["conv4_2"] - content["conv4_2"]).square().mean()
    for name in STYLE:
        channels = own[name].shape[1]
        loss = loss + 1e3 / channels**2 * (gram(own[name]) - gram(style[name])).square().mean()
    return loss


def jcjohnson(own, content, style):
    """5 · MSE at relu4_2; 100 · mean of (G/(N·M) − A/(N·M))² of each layer; no total variation in what it prints."""
    loss = 5 * (own["conv4_2"] - content["conv4_2"]).square().mean()
    for name in STYLE:
        channels = own[name].shape[1]
        loss = loss + 100 * ((gram(own[name]) - gram(style[name])) / channels).square().mean()
    return loss


def no_smoothing(image):
    return torch.zeros_like(image)


def jcjohnson_smoothing(image):
    """1e-3 times the differences on 0–256 of the pixels that have a right and a lower neighbor, from both ends."""
    x = image * 256
    across = x[..., :-1, :-1] - x[..., :-1, 1:]
    down = x[..., :-1, :-1] - x[..., 1:, :-1]
    gradient = torch.zeros_like(x)
    gradient[..., :-1, :-1] += across + down
    gradient[..., :-1, 1:] -= across
    gradient[..., 1:, :-1] -= down
    return 256 * 1e-3 * gradient


PROGRAMS = {
    "gatys-2015": (
        notebooks_on_the_normalized_network,
        no_smoothing,
        partial(avg_pool2d, kernel_size=2, ceil_mode=True),
        255,
    ),
    "gatys-2016": (notebook_on_the_original_network, no_smoothing, partial(max_pool2d, kernel_size=2), 255),
    "neural-style": (jcjohnson, jcjohnson_smoothing, partial(max_pool2d, kernel_size=2, ceil_mode=True), 256),
}


def theirs(program, weights, image):
    """Loss as the program prints it, and gradient as it follows it."""
    formula, smoothing, pool, white = PROGRAMS[program]
    leaf = image.double().requires_grad_()
    content, style = (features(picture(seed, *SIZE).double(), weights, pool, white) for seed in (1, 2))
    loss = formula(features(leaf, weights, pool, white), content, style)
    loss.backward()
    return loss.item(), leaf.grad + smoothing(leaf.detach())


def ours(options, encoder, image):
    leaf = image.double().requires_grad_()
    subject = TransferProblem(picture(1, *SIZE).double(), [picture(2, *SIZE).double()], options, encoder)
    objective = subject.objective_at(SIZE)
    losses = objective(encoder(leaf, objective.layers))
    losses.total.backward()
    without_tv = losses.total - losses.terms.get("tv", torch.zeros(()))
    return without_tv.item(), leaf.grad


@pytest.fixture(scope="module")
def encoders():
    return {name: load_encoder_for(load_preset(name), "cpu").double() for name in PROGRAMS}


@pytest.mark.slow
@pytest.mark.parametrize("at", ["content", "style", "another picture"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_loss_and_gradient_are_those_of_the_program(program, at, encoders):
    options = replace(load_preset(program), size=SIZE.width, measure="long")
    encoder = encoders[program]
    image = picture({"content": 1, "style": 2, "another picture": 3}[at], *SIZE)
    expected, direction = theirs(program, encoder.stages.state_dict(), image)
    loss, gradient = ours(options, encoder, image)
    assert loss == pytest.approx(expected, rel=DOUBLE)
    assert (gradient - direction).norm() <= DOUBLE * direction.norm()
