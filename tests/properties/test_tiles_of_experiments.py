"""Additivity over tiles for every term that holds its own maps, guides or neighbors."""

from __future__ import annotations

import pytest
import torch

from brushwork.errors import NotAdditiveError
from brushwork.gradients import evaluate_tiled, evaluate_whole
from brushwork.gradients.partial_sums import make_layout
from brushwork.images.geometry import Size
from brushwork.losses import (
    CovarianceLoss,
    GaussianWassersteinLoss,
    GramEntryLoss,
    GuidedGramLoss,
    GuidedMeanStdLoss,
    HistogramLoss,
    LocalGramLoss,
    MRFLoss,
    ShiftedGramLoss,
    SlicedWassersteinLoss,
    content_guides,
    guided_gram_target,
    guided_mean_std_target,
    histogram_target,
    make_gaussian_target,
    normalize_guides,
    region_weights,
    shifted_target,
    window_weights,
)
from brushwork.objective import Objective
from tiny_network import tiny_network
from tolerances import DOUBLE

SIZE, SIDE, LAYERS = Size(45, 38), 32, ("relu1_1", "relu2_1", "relu3_1")


def guides(painting):
    masks = torch.rand(2, *Size.of(painting), generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    return normalize_guides(masks)


def guided(layer, painting):
    own = guides(painting)
    return GuidedGramLoss(layer, own, guided_gram_target(painting, own), 1.0, region_weights(own, own))


def guided_spread(layer, painting):
    own = guides(painting)
    return GuidedMeanStdLoss(layer, own, *guided_mean_std_target(painting, own), 1.0, region_weights(own, own))


def covariance(layer, painting):
    own = content_guides(painting[:, :2], Size.of(painting), window_weights(1))
    return GuidedGramLoss(layer, own, guided_gram_target(painting, own), 1.0, torch.ones(2, dtype=torch.float64))


TERMS = {
    "entry": lambda layer, _: GramEntryLoss(layer, ((0, 1),)),
    "shifted": lambda layer, p: ShiftedGramLoss(layer, shifted_target(p, 1.0, (1, -2)), 1.0, 1.0, (1, -2)),
    "covariance": lambda layer, p: CovarianceLoss(layer, make_gaussian_target(p), 1.0),
    "gaussians": lambda layer, p: GaussianWassersteinLoss(layer, make_gaussian_target(p), 1.0),
    "guided": guided,
    "guided spread": guided_spread,
    "style-content covariance": covariance,
    "local": lambda layer, p: LocalGramLoss(layer, p, window_weights(1), 1.0),
    "local, wide": lambda layer, p: LocalGramLoss(layer, p, window_weights(3), 1.0),
    "patches": lambda layer, p: MRFLoss(layer, (p,), 1.0),
    "patches, stride 2": lambda layer, p: MRFLoss(layer, (p,), 1.0, 2),
}
WHOLE = {
    "sliced": lambda layer, p: SlicedWassersteinLoss(layer, p, 1.0),
    "histogram": lambda layer, p: HistogramLoss(layer, histogram_target(p), 1.0),
}


@pytest.fixture(scope="module")
def encoder():
    return tiny_network().double()


def noise(seed):
    return torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def make_objective(encoder, make):
    with torch.no_grad():
        painted = encoder(noise(1), LAYERS)
    return sum((Objective.single(layer, make(layer, painted[layer])) for layer in LAYERS), start=Objective({}))


def evaluated(evaluate):
    leaf = noise(2).requires_grad_()
    return evaluate(leaf), leaf.grad


@pytest.mark.slow
@pytest.mark.parametrize("make", TERMS.values(), ids=TERMS.keys())
def test_tiles_are_the_whole(encoder, make):
    objective = make_objective(encoder, make)
    assert len(make_layout(encoder, objective.additive, SIZE).tiles(SIDE)) > 3
    losses, gradient = evaluated(evaluate_tiled(encoder, objective, SIDE))
    expected, slope = evaluated(evaluate_whole(encoder, objective))
    for name, value in expected.terms.items():
        torch.testing.assert_close(losses.terms[name], value, rtol=DOUBLE, atol=DOUBLE)
    torch.testing.assert_close(gradient, slope, rtol=0, atol=DOUBLE * slope.abs().max().item())


@pytest.mark.parametrize("make", WHOLE.values(), ids=WHOLE.keys())
def test_sorted_losses_refuse_tiles_by_name(encoder, make):
    objective = make_objective(encoder, make)
    assert evaluated(evaluate_whole(encoder, objective))[1].any()
    with pytest.raises(
        NotAdditiveError, match=r"relu1_1 \((SlicedWasserstein|Histogram)Loss\) is not a sum over positions"
    ):
        evaluate_tiled(encoder, objective, SIDE)
