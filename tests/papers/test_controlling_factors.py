"""Regions of a picture in regions of a painting's style: Gatys et al., 1611.07865."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import experiment_formulas as formulas
from brushwork.losses import (
    GuidedGramLoss,
    GuidedMeanStdLoss,
    guided_gram_target,
    guided_mean_std_target,
    normalize_guides,
    region_weights,
)
from formula_inputs import CHANNELS, feature, loss, plain
from tolerances import DOUBLE


@pytest.fixture
def own():
    return feature(0, 6, 8)


@pytest.fixture
def painting():
    return feature(1, 5, 7)


@pytest.fixture
def masks():
    return [torch.rand(2, *size, generator=torch.Generator().manual_seed(3)).double() for size in ((6, 8), (5, 7))]


def test_guided_grams_are_those_of_the_paper(own, painting, masks):
    guides, painted = map(normalize_guides, masks)
    target, shares = guided_gram_target(painting, painted), region_weights(guides, painted)
    term = GuidedGramLoss("t", guides, target, 1 / CHANNELS**2, shares)
    regions = [
        (formulas.guided_gram(plain(own), mine.numpy()), formulas.guided_gram(plain(painting), theirs.numpy()))
        for mine, theirs in zip(*masks, strict=True)
    ]
    expected = sum(0.5 * ((gram - target) ** 2).mean() for gram, target in regions)
    np.testing.assert_allclose(loss(term, own), expected, rtol=DOUBLE)


def test_the_mean_square_of_a_guide_is_one(masks):
    torch.testing.assert_close(normalize_guides(masks[0]).mean((1, 2)), torch.ones(2, dtype=torch.float64))


def test_guided_spreads_are_weighted_means_and_deviations(own, painting, masks):
    def spread(f, mask):
        columns, weights = f.reshape(CHANNELS, -1), mask.numpy().ravel()
        mean = np.average(columns, axis=1, weights=weights)
        return mean, np.sqrt(np.average((columns - mean[:, None]) ** 2, axis=1, weights=weights))

    mine, theirs = masks
    mean, std = guided_mean_std_target(painting, theirs)
    term = GuidedMeanStdLoss("t", mine, mean, std, 2.0, region_weights(mine, theirs), std_weight=0.25)
    expected = 0.0
    for one, other in zip(mine, theirs, strict=True):
        (mean_own, std_own), (mean_target, std_target) = spread(plain(own), one), spread(plain(painting), other)
        expected += ((mean_own - mean_target) ** 2).sum() + 0.25 * ((std_own - std_target) ** 2).sum()
    np.testing.assert_allclose(loss(term, own), 2.0 * 0.5 * expected, rtol=DOUBLE)
