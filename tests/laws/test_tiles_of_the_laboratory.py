"""The law of tiles for every term that holds its own maps, guides or neighbors."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

sys.path.append(str(Path(__file__).parents[1] / "golden"))
from tiny_network import tiny_network

from brushwork.errors import NotAdditive
from brushwork.evaluate import tiled, whole
from brushwork.evaluate.sums import layout_of
from brushwork.objective import Objective
from brushwork.picture.window import Size
from brushwork.terms import (
    CovarianceStyle,
    GaussianWasserstein,
    GramEntry,
    GuidedGram,
    GuidedMeanStd,
    Histogram,
    LocalStyle,
    NearestPatch,
    ShiftedGram,
    SlicedWasserstein,
    content_guides,
    gaussian_target,
    guided_gram_target,
    guided_spread_target,
    histogram_target,
    normalized_guides,
    region_shares,
    shifted_target,
    window_weights,
)
from tolerances import DOUBLE

SIZE, SIDE, TAPS = Size(45, 38), 32, ("relu1_1", "relu2_1", "relu3_1")


def guides(painting):
    masks = torch.rand(2, *Size.of(painting), generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    return normalized_guides(masks)


def guided(tap, painting):
    own = guides(painting)
    return GuidedGram(tap, own, guided_gram_target(painting, own), 1.0, region_shares(own, own))


def guided_spread(tap, painting):
    own = guides(painting)
    return GuidedMeanStd(tap, own, *guided_spread_target(painting, own), 1.0, region_shares(own, own))


def covariance(tap, painting):
    own = content_guides(painting[:, :2], Size.of(painting), window_weights(1))
    return GuidedGram(tap, own, guided_gram_target(painting, own), 1.0, torch.ones(2, dtype=torch.float64))


TERMS = {
    "entry": lambda tap, _: GramEntry(tap, ((0, 1),)),
    "shifted": lambda tap, p: ShiftedGram(tap, shifted_target(p, 1.0, (1, -2)), 1.0, 1.0, (1, -2)),
    "covariance": lambda tap, p: CovarianceStyle(tap, gaussian_target(p), 1.0),
    "gaussians": lambda tap, p: GaussianWasserstein(tap, gaussian_target(p), 1.0),
    "guided": guided,
    "guided spread": guided_spread,
    "style-content covariance": covariance,
    "local": lambda tap, p: LocalStyle(tap, p, window_weights(1), 1.0),
    "local, wide": lambda tap, p: LocalStyle(tap, p, window_weights(3), 1.0),
    "patches": lambda tap, p: NearestPatch(tap, (p,), 1.0),
    "patches, stride 2": lambda tap, p: NearestPatch(tap, (p,), 1.0, 2),
}
WHOLE = {
    "sliced": lambda tap, p: SlicedWasserstein(tap, p, 1.0),
    "histogram": lambda tap, p: Histogram(tap, histogram_target(p), 1.0),
}


@pytest.fixture(scope="module")
def encoder():
    return tiny_network().double()


def noise(seed):
    return torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def objective(encoder, make):
    with torch.no_grad():
        painted = encoder(noise(1), TAPS)
    return sum((Objective.one(tap, make(tap, painted[tap])) for tap in TAPS), start=Objective({}))


def evaluated(evaluate):
    leaf = noise(2).requires_grad_()
    return evaluate(leaf), leaf.grad


@pytest.mark.slow
@pytest.mark.parametrize("make", TERMS.values(), ids=TERMS.keys())
def test_tiles_are_the_whole(encoder, make):
    goal = objective(encoder, make)
    assert len(layout_of(encoder, goal.additive, SIZE).tiles(SIDE)) > 3
    losses, gradient = evaluated(tiled(encoder, goal, SIDE))
    expected, slope = evaluated(whole(encoder, goal))
    for name, value in expected.terms.items():
        torch.testing.assert_close(losses.terms[name], value, rtol=DOUBLE, atol=DOUBLE)
    torch.testing.assert_close(gradient, slope, rtol=0, atol=DOUBLE * slope.abs().max().item())


@pytest.mark.parametrize("make", WHOLE.values(), ids=WHOLE.keys())
def test_sorted_losses_refuse_tiles_by_name(encoder, make):
    goal = objective(encoder, make)
    assert evaluated(whole(encoder, goal))[1].any()
    with pytest.raises(NotAdditive, match=r"relu1_1 \((SlicedWasserstein|Histogram)\) is no sum over positions"):
        tiled(encoder, goal, SIDE)
