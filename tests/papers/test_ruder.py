"""The preset `ruder-2016` against the formulas of artistic-videos in float64, network and all.

Nothing in the formulas is brushwork's but the numbers of the weights, which are random: VGG-19 with fewer channels.
"""

from __future__ import annotations

from dataclasses import replace
from math import floor
from types import SimpleNamespace

import pytest
import torch
from torch.nn.functional import conv2d, max_pool2d

import brushwork.encoders.vgg
from brushwork.encoders.preprocess import make_preprocess
from brushwork.encoders.registry import ARCHITECTURES
from brushwork.images.geometry import Size
from brushwork.recipes.style_transfer import TransferProblem
from brushwork.video import load_film_preset
from brushwork.video.analysis import Shot
from brushwork.video.optical_flow import FlowPair
from brushwork.video.optimized_painter import OptimizedPainter, long_term_weights
from tiny_network import picture
from tolerances import DOUBLE

SIZE = Size(36, 49)
"""No multiple of 16: the program's pools round up."""
PAINTING = Size(49, 36)
"""Of the same area: it is not resized."""
CHANNELS = (4, 6, 8, 8, 8)
STYLE_LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
MEAN = torch.tensor([103.939, 116.779, 123.68]).double().view(1, 3, 1, 1)
"""Rounded to float32, as brushwork keeps its means."""


@pytest.fixture(scope="module")
def encoder():
    """VGG-19 in float64, with random weights that keep the size of activations."""
    options, generator = load_film_preset("ruder-2016")[0], torch.Generator().manual_seed(5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(brushwork.encoders.vgg, "CHANNELS", CHANNELS)
        preprocess = make_preprocess("caffe", options.encoder_scale)
        encoder = ARCHITECTURES["VGG-19"](preprocess, padding=options.padding, ceil=options.ceil)
    for parameter in encoder.parameters():
        drawn = torch.randn(parameter.shape, generator=generator)
        parameter.data = drawn * (2 / parameter[0].numel()) ** 0.5 if parameter.ndim > 1 else 0.1 * drawn
    return encoder.double()


@pytest.fixture(scope="module")
def film():
    """Three frames, the first two painted, and the flow from the last frame to each, with its reliability.

    It leaves the picture on one side, and is not trusted in some pixels, there and inside.
    """
    frames, painted = ([picture(seed + n, *SIZE).double() for n in range(3)] for seed in (1, 11))
    generator, pairs = torch.Generator().manual_seed(7), {}
    for far in (1, 2):
        flow = far * torch.tensor([1.6, -0.7]).double().view(1, 2, 1, 1) + torch.rand(
            1, 2, *SIZE, generator=generator, dtype=torch.float64
        )
        drawn = torch.rand(1, 1, *SIZE, generator=generator, dtype=torch.float64)
        pairs[2, 2 - far] = FlowPair(flow, -flow, (1.5 * drawn - 0.25).clamp(0, 1))
    return frames, painted, pairs


@pytest.fixture
def painter(encoder, film):
    frames, _, pairs = film
    options, own = load_film_preset("ruder-2016")
    style = picture(4, *PAINTING).double()
    painter = OptimizedPainter(
        frames.__getitem__, [style], options, replace(own, long_term=(1, 2)), encoder, lambda *given: pairs[given[2]]
    )
    painter.begin_shot(Shot(0, 3))
    return painter


def shown(image):
    return image.flip(1) * 256 - MEAN


def features(x, encoder):
    """The rectified convolutions of VGG-19; pools round up."""
    weights = encoder.stages.state_dict()
    found = {}
    for block, count in enumerate((2, 2, 4, 4, 4), start=1):
        for index in range(1, count + 1):
            name = f"conv{block}_{index}"
            x = found[name] = conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], padding=1).clamp(min=0)
        x = max_pool2d(x, 2, ceil_mode=True)
    return found


def gram(feature):
    columns = feature[0].flatten(1)
    return columns @ columns.T / columns.numel()


def warped(image, flow):
    """Each pixel from where its flow leads, between four neighbors; 0, the mean, where that is outside."""
    moved, (height, width) = torch.zeros_like(image), SIZE
    for i in range(height):
        for j in range(width):
            x, y = j + float(flow[0, 0, i, j]), i + float(flow[0, 1, i, j])
            if 0 <= x <= width - 1 and 0 <= y <= height - 1:
                left, top = min(floor(x), width - 2), min(floor(y), height - 2)
                right, down = x - left, y - top
                above = (1 - right) * image[..., top, left] + right * image[..., top, left + 1]
                below = (1 - right) * image[..., top + 1, left] + right * image[..., top + 1, left + 1]
                moved[..., i, j] = (1 - down) * above + down * below
    return moved


def program(encoder, film, style, image):
    """Return the loss of the last frame at an image, its gradient, and the loss that ends a frame: without the TV's.

    5 · MSE, 100 · Σ MSE of the Gram matrices over C·H·W, 1000 · Σ MSE to warped frames where c; all on 0-256. The
    program only has the gradient of the total variation: that of ½ Σ d² over pixels with a right and a lower neighbor.
    """
    frames, painted, pairs = film
    leaf = image.clone().requires_grad_()
    own, content, goal = (features(shown(one), encoder) for one in (leaf, frames[2], style))
    loss = 5 * (own["conv4_2"] - content["conv4_2"]).square().mean()
    for name in STYLE_LAYERS:
        loss = loss + 100 * (gram(own[name]) - gram(goal[name])).square().mean()
    near, far = pairs[2, 1], pairs[2, 0]
    trusted = (near.reliability, (far.reliability - near.reliability).clamp(min=0))
    for other, pair, weight in zip((painted[1], painted[0]), (near, far), trusted, strict=True):
        loss = loss + 1000 * (weight * (shown(leaf) - warped(shown(other), pair.flow)).square()).mean()
    x = shown(leaf)
    corner = x[..., :-1, :-1]
    energy = ((corner - x[..., :-1, 1:]).square() + (corner - x[..., 1:, :-1]).square()).sum() / 2
    total = loss + 1e-3 * energy
    total.backward()
    return total.item(), leaf.grad, loss.item()


@pytest.mark.parametrize("at", ["the frame", "another picture"])
def test_loss_and_gradient_are_those_of_the_program(encoder, film, painter, at):
    frames, painted, pairs = film
    image = frames[2] if at == "the frame" else picture(21, *SIZE).double()
    near = [pairs[2, 1], pairs[2, 0]]
    weights = long_term_weights([pair.reliability for pair in near])
    extra = painter.temporal_objective([painted[1], painted[0]], near, weights, (1, 2))
    options = replace(painter.options, size="full")
    objective = TransferProblem(frames[2], painter.styles, options, encoder, extra=extra).objective_at(SIZE)
    leaf = image.clone().requires_grad_()
    loss = objective(encoder(leaf, objective.layers)).total
    loss.backward()
    expected, direction, _ = program(encoder, film, painter.styles[0], image)
    assert loss.item() == pytest.approx(expected, rel=DOUBLE)
    assert (leaf.grad - direction).norm() <= DOUBLE * direction.norm()


def test_a_later_frame_starts_from_the_previous_one_warped_everywhere(encoder, film, painter):
    _, painted, pairs = film
    first = next(painter.make_optimization(2, lambda index: SimpleNamespace(image=painted[index])).steps)
    start = warped(shown(painted[1]), pairs[2, 1].flow)
    outside = start.eq(0).all(1).double().mean()
    assert 0 < outside < 0.2 and pairs[2, 1].reliability.eq(0).double().mean() > 0.1
    torch.testing.assert_close(shown(first.step.image), start, rtol=0, atol=256 * DOUBLE)
    image = ((start + MEAN) / 256).flip(1)
    expected, _, without_variation = program(encoder, film, painter.styles[0], image)
    losses = first.step.losses
    assert float(losses.total) == pytest.approx(expected, rel=DOUBLE)
    assert float(losses.total - losses.terms["tv"]) == pytest.approx(without_variation, rel=DOUBLE)
