from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from brushwork.images.geometry import Size, Window
from brushwork.losses.moment_matching import CovarianceLoss, GaussianWassersteinLoss, make_gaussian_target
from brushwork.losses.moments import GaussianTarget
from brushwork.losses.newton_schulz import NewtonSchulzWassersteinLoss
from brushwork.recipes.style_transfer import TransferProblem
from tiny_job import TINY, tiny_network
from tolerances import DOUBLE

TERMS = pytest.mark.parametrize("term_class", [CovarianceLoss, GaussianWassersteinLoss])


def feature(seed, *size, channels=4):
    return torch.rand(1, channels, *size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def loss(term, seen):
    return term.score(term.summarize(seen, Window.whole(Size.of(seen))))


@TERMS
def test_the_painting_itself_has_no_loss(term_class):
    painting = feature(0, 5, 6)
    assert abs(loss(term_class("t", make_gaussian_target(painting), 1.0), painting).item()) < DOUBLE


@TERMS
def test_another_mean_alone_costs_its_square(term_class):
    painting = feature(0, 5, 6)
    found = loss(term_class("t", make_gaussian_target(painting), 2.0), painting + 0.5)
    torch.testing.assert_close(found, torch.tensor([2.0 * 4 * 0.25], dtype=torch.float64))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("own", [torch.zeros(1, 8, 2, 3), feature(1, 2, 3, channels=8), 3 * torch.ones(1, 8, 2, 3)])
def test_dead_channels_and_small_maps_have_a_finite_gradient(own, dtype):
    seen = own.detach().to(dtype, copy=True).requires_grad_()
    loss(
        GaussianWassersteinLoss("t", make_gaussian_target(feature(0, 2, 2, channels=8).to(dtype)), 1.0), seen
    ).sum().backward()
    assert torch.isfinite(seen.grad).all()
    assert seen.grad.abs().max() < 1e3


def test_a_painting_of_one_color_can_be_a_target():
    own = feature(0, 4, 4).requires_grad_()
    loss(
        GaussianWassersteinLoss("t", make_gaussian_target(torch.ones(1, 4, 3, 3, dtype=torch.float64)), 1.0), own
    ).backward()
    assert torch.isfinite(own.grad).all()


def test_single_precision_keeps_the_distance():
    own, painting = feature(0, 40, 40, channels=16) + 50, feature(1, 30, 30, channels=16) + 50.1
    exact = loss(GaussianWassersteinLoss("t", make_gaussian_target(painting), 1.0), own).item()
    single = loss(GaussianWassersteinLoss("t", make_gaussian_target(painting.float()), 1.0), own.float()).item()
    assert single == pytest.approx(exact, rel=1e-3)  # means of 50, rounded to 4e-6, 0.1 apart


@TERMS
def test_a_guide_of_some_cells_is_those_cells_alone(term_class):
    seen, guide = feature(1, 6, 8), torch.zeros(1, 6, 8, dtype=torch.float64)
    guide[..., 2:5] = 3.0
    target = make_gaussian_target(feature(0, 5, 6))
    found = loss(term_class("t", target, 1.0, guide=guide), seen)
    torch.testing.assert_close(found, loss(term_class("t", target, 1.0), seen[..., 2:5]))


def test_the_covariances_of_a_flat_color_are_no_unit():
    """They are rounding errors, by which nothing can be divided."""
    flat = torch.full((1, 3, 32, 32), 0.3)
    assert flat_loss(flat) < 1e6 * flat_loss(torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)))


def flat_loss(painting):
    """The covariance loss of noise after a painting, relative to the painting's energy."""
    encoder = tiny_network()
    options = replace(TINY, loss=("covariance",), normalization="relative", content_weight=0.0, tv_weight=0.0)
    noise = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    objective = TransferProblem(noise, [painting], options, encoder).objective_at(Size(32, 32))
    return float(objective(encoder(noise, objective.layers)).total)


@pytest.mark.parametrize("term_class", [CovarianceLoss, GaussianWassersteinLoss, NewtonSchulzWassersteinLoss])
def test_a_target_in_single_precision_goes_with_features_in_double(term_class):
    own, target = feature(0, 5, 6), make_gaussian_target(feature(1, 4, 5).float())
    exact = GaussianTarget(target.mean.double(), target.covariance.double())
    found, expected = (loss(term_class("t", one, 1.0), own).item() for one in (target, exact))
    assert found == pytest.approx(expected, rel=1e-4)  # roots of the target in float32
