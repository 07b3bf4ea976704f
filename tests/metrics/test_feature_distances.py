"""Distances of features against their formulas in float64."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch

from brushwork.metrics.feature_distances import (
    content_distance,
    frechet_distance,
    gram_distance,
    moment_distance,
    sliced_distance,
)
from tolerances import rounding

GENERATOR = torch.Generator().manual_seed(0)
FEATURE, REFERENCE = (torch.rand(1, 5, height, width, generator=GENERATOR) ** 2 for height, width in ((6, 8), (9, 4)))
F, A = (one.double().flatten(2)[0].numpy() for one in (FEATURE, REFERENCE))
CLOSE = 4 * rounding(48)
"""Sums of up to 48 cells; differences of them lose no more than two bits here."""
DISTRIBUTIONS = (gram_distance, moment_distance, sliced_distance, frechet_distance)


def test_content():
    other = FEATURE.flip(-1)
    expected = ((F - other.double().flatten(2)[0].numpy()) ** 2).sum() / (F**2).sum()
    assert content_distance(other, FEATURE) == pytest.approx(expected, rel=CLOSE)


def test_gram():
    own, wanted = F @ F.T / F.shape[1], A @ A.T / A.shape[1]
    expected = np.linalg.norm(own - wanted) ** 2 / np.linalg.norm(wanted) ** 2
    assert gram_distance(FEATURE, REFERENCE) == pytest.approx(expected, rel=CLOSE)


def test_moments():
    own, wanted = (np.concatenate([one.mean(1), one.std(1)]) for one in (F, A))
    expected = ((own - wanted) ** 2).sum() / (wanted**2).sum()
    assert moment_distance(FEATURE, REFERENCE) == pytest.approx(expected, rel=CLOSE)


def test_sliced():
    """With every value repeated to the same number of cells, sorted values pair up."""
    drawn = torch.randn(64, 5, generator=torch.Generator().manual_seed(0)).double().numpy()
    directions = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    cells = np.lcm(F.shape[1], A.shape[1])
    mine, theirs = (np.sort(directions @ np.repeat(one, cells // one.shape[1], axis=1)) for one in (F, A))
    expected = ((mine - theirs) ** 2).mean() / (theirs**2).mean()
    assert sliced_distance(FEATURE, REFERENCE) == pytest.approx(expected, rel=CLOSE)


def test_frechet():
    # The root of the product of two covariances loses a digit.
    own, wanted = np.cov(F), np.cov(A)
    cross = scipy.linalg.sqrtm(own @ wanted).real
    expected = ((F.mean(1) - A.mean(1)) ** 2).sum() + np.trace(own + wanted - 2 * cross)
    assert frechet_distance(FEATURE, REFERENCE) == pytest.approx(expected, rel=10 * CLOSE)


@pytest.mark.parametrize("distance", DISTRIBUTIONS)
def test_where_cells_lie_does_not_matter(distance):
    moved = FEATURE.flatten(2)[..., torch.randperm(48, generator=torch.Generator().manual_seed(1))].view(1, 5, 4, 12)
    assert distance(moved, FEATURE) == pytest.approx(0, abs=CLOSE)
    assert distance(FEATURE, REFERENCE) > 1e-3


@pytest.mark.parametrize("distance", DISTRIBUTIONS)
def test_features_of_fewer_cells_than_channels_can_be_compared(distance):
    assert np.isfinite(distance(FEATURE[..., :1, :2], REFERENCE[..., :1, :1]))
