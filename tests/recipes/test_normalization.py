"""Our own convention, in which weights do not depend on the network, the pictures or their sizes."""

from __future__ import annotations

import copy

import pytest
import torch

from brushwork.images.geometry import Size
from brushwork.recipes.normalization import NORMALIZATIONS
from brushwork.recipes.style_transfer import TransferProblem
from tolerances import DOUBLE

SIZE = Size(48, 64)


@pytest.fixture
def relative(small_transfer):
    return small_transfer(normalization="relative", content_weight=2.0, style_weight=3.0, moment_weight=5.0)


@pytest.fixture
def generated():
    return torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(9))


def losses(options, encoder, photograph, painting, generated):
    objective = TransferProblem(photograph, [painting], options, encoder).objective_at(SIZE)
    return {name: value.item() for name, value in objective(encoder(generated, objective.layers)).terms.items()}


def moments(feature):
    columns = feature[0].flatten(1)
    return columns @ columns.T / columns.shape[1], columns.mean(1), columns.std(1, correction=0)


def test_losses_are_shares_of_the_painting(relative, tiny, photograph, painting, generated):
    painting = painting[..., :30, :]  # of the photograph's proportions: its size is known beforehand
    found = losses(relative, tiny, photograph, painting, generated)
    scaled = torch.nn.functional.interpolate(painting, (48, 64), mode="bicubic", antialias=True).clamp(0, 1)
    own, target, seen = (tiny(image, ["conv2_1"])["conv2_1"] for image in (generated, photograph, scaled))
    (gram, mean, std), (gram_target, mean_target, std_target) = moments(own), moments(seen)
    energy = seen[0].square().sum(0).mean()
    content = 2 * (own - target).square().sum(1).mean() / energy
    style = 3 / 5 * (gram - gram_target).square().sum() / gram_target.square().sum()
    apart = (mean - mean_target).square().sum() + (std - std_target).square().sum()
    assert found["content:conv2_1"] == pytest.approx(content.item(), rel=DOUBLE)
    assert found["style:conv2_1"] == pytest.approx(style.item(), rel=DOUBLE)
    assert found["moments:conv2_1"] == pytest.approx((apart / energy).item(), rel=DOUBLE)


def test_louder_activations_change_nothing(relative, tiny, photograph, painting, generated):
    loud = copy.deepcopy(tiny)
    with torch.no_grad():
        for parameter in loud.stages["conv1_1"].parameters():
            parameter *= 50
        for name in ("conv2_1", "conv3_1"):
            loud.stages[name].bias *= 50
    options = relative
    expected = losses(options, tiny, photograph, painting, generated)
    assert losses(options, loud, photograph, painting, generated) == pytest.approx(expected, rel=DOUBLE)


def test_a_painting_of_nothing_is_no_division_by_zero():
    nothing = torch.zeros(1, 4, 4)
    assert NORMALIZATIONS["relative"].gram_norm(nothing) == 1
