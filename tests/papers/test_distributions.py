"""Whole distributions of features: Gaussians, sorted projections, sorted channels."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import experiment_formulas as formulas
from brushwork.losses.distribution import HistogramLoss, SlicedWassersteinLoss, histogram_target
from brushwork.losses.moment_matching import RIDGE, CovarianceLoss, GaussianWassersteinLoss, make_gaussian_target
from formula_inputs import CHANNELS, feature, loss, plain
from tolerances import DOUBLE

SIZES = pytest.mark.parametrize("size", [(5, 7), (6, 8), (12, 8), (3, 4)])
"""Of the painting: apart from, equal to, twice and a quarter of the picture's 6 × 8."""


@pytest.fixture
def own():
    return feature(0, 6, 8)


@SIZES
def test_covariances_are_compared_about_their_means(own, size):
    painting = feature(1, *size)
    (mean, covariance), (mean_target, target) = formulas.gaussian(plain(own)), formulas.gaussian(plain(painting))
    expected = 0.5 * (((covariance - target) ** 2).sum() + 0.25 * ((mean - mean_target) ** 2).sum())
    term = CovarianceLoss("t", make_gaussian_target(painting), 0.5, mean_weight=0.25)
    np.testing.assert_allclose(loss(term, own), expected, rtol=DOUBLE)


@SIZES
def test_gaussians_are_as_far_apart_as_printed(own, size):
    painting = feature(1, *size)
    (mean, covariance), (mean_target, target) = formulas.gaussian(plain(own)), formulas.gaussian(plain(painting))
    ridge = RIDGE * np.trace(target) / CHANNELS * np.eye(CHANNELS)
    expected = formulas.wasserstein_of_gaussians((mean, covariance + ridge), (mean_target, target + ridge))
    found = loss(GaussianWassersteinLoss("t", make_gaussian_target(painting), 1.0), own)
    np.testing.assert_allclose(found, expected, rtol=DOUBLE)
    without = formulas.wasserstein_of_gaussians((mean, covariance), (mean_target, target))
    np.testing.assert_allclose(found, without, rtol=1e-3)


@SIZES
def test_projections_are_sorted_and_compared(own, size):
    painting = feature(1, *size)
    term = SlicedWassersteinLoss("t", painting, 2.0, count=5, seed=3)
    directions = term._directions.numpy()
    clouds = [plain(one).reshape(CHANNELS, -1) for one in (own, painting)]
    lines = [(direction @ clouds[0], direction @ clouds[1]) for direction in directions]
    expected = 2.0 * np.mean([formulas.wasserstein_on_a_line(*line) for line in lines])
    np.testing.assert_allclose(loss(term, own), expected, rtol=DOUBLE)


@SIZES
def test_channels_take_the_histogram(own, size):
    painting = feature(1, *size)
    clouds = [plain(one).reshape(CHANNELS, -1) for one in (own, painting)]
    expected = sum(formulas.wasserstein_on_a_line(*line) for line in zip(*clouds, strict=True))
    term = HistogramLoss("t", histogram_target(painting), 1 / CHANNELS)
    np.testing.assert_allclose(loss(term, own), expected / CHANNELS, rtol=DOUBLE)


def test_the_histogram_map_is_held_fixed(own):
    """∂/∂f = 2/(n·N)·(f − R(f)), R(f) the painting's value of the same rank."""
    painting, own = feature(1, 6, 8), own.requires_grad_()
    HistogramLoss("t", histogram_target(painting), 1 / CHANNELS).score_whole(own).sum().backward()
    matched = np.empty((CHANNELS, 48))
    for channel, (mine, theirs) in enumerate(zip(plain(own), plain(painting), strict=True)):
        matched[channel, mine.ravel().argsort()] = np.sort(theirs.ravel())
    expected = 2 / (48 * CHANNELS) * (plain(own) - matched.reshape(CHANNELS, 6, 8))
    np.testing.assert_allclose(own.grad[0].numpy(), expected, rtol=DOUBLE)


@pytest.mark.parametrize("at_once", [1, 100, 10**6])
def test_directions_in_parts_are_those_at_once(own, at_once, monkeypatch):
    monkeypatch.setattr("brushwork.losses.distribution.PART_NUMBERS", at_once)
    monkeypatch.setattr("brushwork.losses.distribution.PART_NUMBERS", at_once)
    painting = feature(1, 5, 7)
    term = SlicedWassersteinLoss("t", painting, 1.0)
    clouds = [term._directions.numpy() @ plain(one).reshape(CHANNELS, -1) for one in (own, painting)]
    expected = np.mean([formulas.wasserstein_on_a_line(*line) for line in zip(*clouds, strict=True)])
    np.testing.assert_allclose(loss(term, own), expected, rtol=DOUBLE)
    assert loss(HistogramLoss("t", histogram_target(painting), 1.0), own) == pytest.approx(
        sum(
            formulas.wasserstein_on_a_line(mine.ravel(), theirs.ravel())
            for mine, theirs in zip(plain(own), plain(painting), strict=True)
        ),
        rel=DOUBLE,
    )


def test_directions_are_uniform_on_the_sphere():
    directions = SlicedWassersteinLoss("t", feature(0, 2, 2), 1.0, count=20_000)._directions
    torch.testing.assert_close(directions.norm(dim=1), torch.ones(20_000, dtype=torch.float64))
    second = directions.mT @ directions / len(directions)
    torch.testing.assert_close(second, torch.eye(CHANNELS, dtype=torch.float64) / CHANNELS, atol=0.01, rtol=0)
