"""Mean and standard deviation beside the Gram matrix: Galerne et al., 2212.13459."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import paper_formulas as formulas
from brushwork.images.geometry import Size, Window
from brushwork.losses.moment_matching import MeanStdLoss
from tolerances import DOUBLE

CHANNELS = 4


def feature(seed, *size):
    return torch.from_numpy(np.random.default_rng(seed).gamma(1.0, 3.0, size=(1, CHANNELS, *size)))


def columns(tensor):
    return tensor.detach()[0].flatten(1).numpy()


@pytest.fixture
def own():
    return feature(0, 3, 5).requires_grad_()


@pytest.fixture
def painting():
    return feature(1, 4, 6)


@pytest.fixture
def term(painting):
    mean, std = painting.mean((2, 3)), painting.std((2, 3), correction=0)
    return MeanStdLoss("t", mean, std, 1 / CHANNELS)


def test_loss_and_gradient_are_those_of_the_paper(own, painting, term):
    loss = term.score(term.summarize(own, Window.whole(Size.of(own)))).sum()
    loss.backward()
    np.testing.assert_allclose(loss.item(), formulas.spread_layer(columns(own), columns(painting)), rtol=DOUBLE)
    expected = formulas.spread_layer_gradient(columns(own), columns(painting))
    np.testing.assert_allclose(columns(own.grad), expected, rtol=DOUBLE, atol=1e-13)


def test_a_large_mean_costs_no_digits_in_single_precision():
    """Raw second moments would cancel here."""
    far = (feature(2, 32, 32) * 0.01 + 1000).float()
    mean, std = far.double().mean((2, 3)), far.double().std((2, 3), correction=0)
    term = MeanStdLoss("t", (mean + 0.02).float(), (1.5 * std).float(), 1 / CHANNELS)
    loss = float(term.score(term.summarize(far, Window.whole(Size.of(far)))))
    # The target itself is rounded to single precision: 1000.02 by up to 3e-5.
    expected = (((mean - term.mean.double()) ** 2).mean() + ((std - term.std.double()) ** 2).mean()).item()
    assert loss == pytest.approx(expected, rel=1e-3)
