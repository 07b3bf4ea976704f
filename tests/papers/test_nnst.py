"""The preset `nnst` against formulas in float64, network and all: Kolkin et al., 2203.13215."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import conv2d, interpolate, max_pool2d

import brushwork.encoders.vgg
from brushwork.encoders.preprocess import make_preprocess
from brushwork.encoders.registry import ARCHITECTURES
from brushwork.gradients.grid_shift import NO_SHIFT, GridShift
from brushwork.images.geometry import Size
from brushwork.recipes import load_preset, style_samples, transfer
from brushwork.recipes.style_transfer import TransferProblem
from tiny_network import picture
from tolerances import DOUBLE

LAYERS = [f"conv{block}_{index}" for block, count in ((1, 2), (2, 2), (3, 3), (4, 3)) for index in range(1, count + 1)]
SIZE, PAINTED = Size(36, 40), Size(32, 40)


@pytest.fixture(scope="module")
def encoder():
    """VGG-16 with fewer channels and random weights, in float64."""
    generator = torch.Generator().manual_seed(5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(brushwork.encoders.vgg, "CHANNELS", (4, 6, 8, 8, 8))
        made = ARCHITECTURES["VGG-16"](make_preprocess("torchvision"), padding="zeros", ceil=False)
    for parameter in made.parameters():
        fans = parameter[0].numel() if parameter.ndim > 1 else 1
        drawn = torch.randn(parameter.shape, generator=generator)
        parameter.data = drawn * (2 / fans) ** 0.5 if parameter.ndim > 1 else 0.1 * drawn
    return made.double()


@pytest.fixture
def pictures(monkeypatch):
    monkeypatch.setattr(style_samples, "SAMPLES", 10**6)  # all positions
    monkeypatch.setattr(style_samples, "HYPERCOLUMNS", 10**6)
    return picture(1, *SIZE).double(), picture(2, *PAINTED).double()


def look(image, encoder):
    weights = {name: one.detach() for name, one in encoder.stages.state_dict().items()}
    mean, std = (
        torch.tensor(three).double().view(1, 3, 1, 1) for three in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    x, found = (image - mean) / std, []
    for name in LAYERS:
        if name.endswith("_1") and found:
            x = max_pool2d(x, 2)
        x = conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], padding=1).clamp(min=0)
        found.append(x)
    return found


def columns(feature):
    return feature[0].flatten(1)


def on_grid(feature, image):
    return interpolate(feature, [side // 4 for side in image.shape[-2:]], mode="bilinear", align_corners=True)


def hypercolumns(features, image):
    return torch.cat([columns(on_grid(one, image)) / one.shape[1] for one in features])


def cosines(own, keys):
    """Of all pairs, both sets centered."""
    own, keys = (one - one.mean(1, keepdim=True) for one in (own, keys))
    return (own / own.norm(dim=0)).T @ (keys / keys.norm(dim=0))


def lengths(columns):
    """As the authors' program has them: what is black has no direction."""
    return columns.square().sum(0).clamp(min=1e-8).sqrt()


def by_formula(image, content, style, encoder):
    """Means over layers of the distances to the content's matches, and to the nearest features."""
    turned = [style.rot90(turn, (2, 3)) for turn in range(4)]
    seen = [look(one, encoder) for one in turned]
    keys = torch.cat([hypercolumns(found, one) for found, one in zip(seen, turned, strict=True)], dim=1)
    matched = keys[:, cosines(hypercolumns(look(content, encoder), content), keys).argmax(1)]
    total = 0.0
    for own, key in zip(look(image, encoder), matched.split([len(columns(one)) for one in seen[0]]), strict=True):
        x = columns(on_grid(own, image))
        total = total + 1 - ((x * key).sum(0) / lengths(x) / lengths(key)).mean()
    for own, *others in zip(look(image, encoder), *seen, strict=True):
        every = torch.cat([columns(one) for one in others], dim=1)
        total = total + 1 - cosines(columns(own), every).max(1).values.mean()
    return total / len(LAYERS)


def preset():
    return replace(load_preset("nnst"), size=SIZE.width)


def test_loss_and_gradient_are_those_of_the_formula(encoder, pictures):
    content, style = pictures
    expected, found = (picture(3, *SIZE).double().requires_grad_() for _ in range(2))
    loss = by_formula(expected, content, style, encoder)
    loss.backward()
    objective = TransferProblem(content, [style], preset(), encoder).objective_at(SIZE)
    total = objective(encoder(found, objective.layers)).total
    total.backward()
    assert total.item() == pytest.approx(loss.item(), rel=DOUBLE)
    assert (found.grad - expected.grad).norm() <= DOUBLE * expected.grad.norm()


def test_it_paints(encoder, pictures):
    content, style = pictures
    first, *_, last = transfer(content, [style], replace(preset(), min_size=0, iterations=8), encoder=encoder)
    assert last.step.losses.total < 0.9 * first.step.losses.total


def test_the_match_moves_with_the_shifted_picture(encoder, pictures):
    """Extended by a grid position at the top and left, the content image has the same matches, further down."""
    content, style = pictures
    objectives = TransferProblem(content, [style], preset(), encoder).objectives_at(SIZE)
    plain, moved = (
        objectives(shift).losses["hypercolumns:conv1_1"].loss.target for shift in (NO_SHIFT, GridShift(8, 8))
    )
    assert Size.of(plain) == (9, 10)
    assert Size.of(moved) == (11, 12)


def test_each_style_image_has_its_fraction_of_the_samples(encoder, monkeypatch):
    monkeypatch.setattr(style_samples, "SAMPLES", 40)
    styles = [picture(2, *PAINTED).double(), picture(3, *PAINTED).double()]
    options = replace(preset(), style_blend=(3.0, 1.0))
    problem = TransferProblem(picture(1, *SIZE).double(), styles, options, encoder)
    found = problem.objective_at(SIZE).losses["neighbors:conv1_1"].loss.samples
    drawn = [columns(look(one.rot90(turn, (2, 3)), encoder)[0]) for one in styles for turn in range(4)]
    for place, counts in enumerate([8, 8, 8, 8, 2, 2, 2, 2]):
        here = found[:, sum([8, 8, 8, 8, 2, 2, 2, 2][:place]) :][:, :counts]
        assert torch.cdist(here.T, drawn[place].T).min(1).values.max() < 1e-6
