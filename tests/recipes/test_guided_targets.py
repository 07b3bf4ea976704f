from __future__ import annotations

import pytest
import torch

from brushwork.controls.guides import propagate_masks
from brushwork.gradients.partition import FullImage
from brushwork.gradients.tiled import Tiling
from brushwork.losses import guided_gram_target, guided_mean_std_target, normalize_guides
from brushwork.recipes.guided_targets import GuidedStyleTargets, RegionTarget, region_positions
from tolerances import DOUBLE

LAYERS = ["conv1_1", "pool2"]
NOWHERE = torch.zeros(4, 4)


@pytest.fixture
def masks():
    left = torch.zeros(1, 60, 40)
    left[..., :20] = 1
    return torch.cat([left, 1 - left])


@pytest.fixture(params=[None, Tiling(32)], ids=["at once", "in tiles"])
def share(request):
    return FullImage(request.param)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["simple", "all", "inside"])
def test_moments_are_those_under_the_guides(way, tiny, painting, masks, share):
    parts = GuidedStyleTargets(painting, masks, way, LAYERS, tiny, share)
    for layer, feature in tiny(painting, LAYERS).items():
        guides = normalize_guides(propagate_masks(masks, layer, tiny, way))
        grams, (means, stds) = guided_gram_target(feature, guides), guided_mean_std_target(feature, guides)
        for place in (0, 1):
            moments = RegionTarget(parts=parts, place=place, layer=layer, mask=NOWHERE).statistics
            torch.testing.assert_close(moments.gram, grams[:, place], rtol=DOUBLE, atol=DOUBLE)
            torch.testing.assert_close(moments.mean, means[:, place], rtol=DOUBLE, atol=DOUBLE)
            torch.testing.assert_close(moments.std, stds[:, place], rtol=DOUBLE, atol=DOUBLE)


def test_gaussians_of_a_hard_part_are_those_of_its_cells(tiny, painting, masks, share):
    """From the definition."""
    part = RegionTarget(
        parts=GuidedStyleTargets(painting, masks, "simple", ["conv1_1"], tiny, share),
        place=1,
        layer="conv1_1",
        mask=NOWHERE,
    )
    columns = tiny(painting, ["conv1_1"])["conv1_1"][..., 20:].flatten(2)[0]
    found = part.gaussian
    torch.testing.assert_close(found.mean[0], columns.mean(1), rtol=DOUBLE, atol=DOUBLE)
    torch.testing.assert_close(found.covariance[0], columns.cov(correction=0), rtol=DOUBLE, atol=DOUBLE)


def test_the_features_of_a_part_are_those_of_its_cells(tiny, painting, masks, share):
    part = RegionTarget(
        parts=GuidedStyleTargets(painting, masks, "simple", ["conv1_1"], tiny, share),
        place=0,
        layer="conv1_1",
        mask=NOWHERE,
    )
    expected = tiny(painting, ["conv1_1"])["conv1_1"][..., :20].flatten(2).unsqueeze(2)
    torch.testing.assert_close(*part.features, expected)


def test_cells_are_more_in_than_out():
    assert region_positions(torch.tensor([[0.0, 0.5, 0.51, 1.0]])).tolist() == [[False, False, True, True]]
    assert region_positions(torch.zeros(2, 3, device="meta")).shape == (2, 3)
