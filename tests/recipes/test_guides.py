from __future__ import annotations

import pytest
import torch
from scipy.ndimage import uniform_filter

from brushwork.controls.guides import feather, propagate_masks
from brushwork.images.geometry import Size
from tolerances import SINGLE


@pytest.fixture
def masks():
    left = torch.zeros(1, 48, 64)
    left[..., :32] = 1
    return torch.cat([left, 1 - left])


@pytest.mark.parametrize("layer", ["conv1_1", "pool1", "conv2_1", "pool2", "conv3_1"])
@pytest.mark.parametrize("way", ["simple", "all", "inside"])
def test_guides_have_the_size_of_the_map(way, layer, masks, tiny):
    guides = propagate_masks(masks, layer, tiny, way)
    assert guides.shape == (2, *tiny.positions(layer, Size(48, 64)))
    assert guides.min() >= 0
    assert guides.max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize("layer", ["conv1_1", "conv2_1", "pool2", "conv3_1"])
def test_who_sees_a_region_is_found_by_changing_it(layer, masks, tiny):
    """Cells that see a region are those that may change when only the region does: no more, and nearly no fewer."""
    base = torch.full((1, 3, 48, 64), 0.5)
    noise = torch.rand(64, 3, 48, 64, generator=torch.Generator().manual_seed(1))
    seen = []
    for mask in masks:  # what sees it changes by tens; nothing else does, but by rounding
        features = tiny(torch.where(mask.bool(), noise, base), [layer])[layer]
        seen.append((features - tiny(base, [layer])[layer]).abs().amax((0, 1)) > 1e-4)
    every, inside = (propagate_masks(masks, layer, tiny, way) for way in ("all", "inside"))
    for region, other in ((0, 1), (1, 0)):
        assert torch.equal(every[region].bool(), seen[region])
        # The program: a box of 7 × 7 positions has one or more of its 49 inside.
        shares = uniform_filter((~seen[other]).double().numpy(), 7)
        assert torch.equal(inside[region].bool(), torch.from_numpy(shares > 0.5 / 49))


@pytest.mark.parametrize(("layer", "last"), [("conv1_1", 30), ("pool1", 14), ("conv2_1", 13), ("conv3_1", 5)])
def test_inside_reaches_three_positions_further_than_the_last_that_sees_the_region_only(layer, last, masks, tiny):
    """`last`: by hand, with the left half of 64 columns, e.g. 4p + 10 ≤ 31 at conv3_1."""
    inside = propagate_masks(masks, layer, tiny, "inside")[0]
    expected = (torch.arange(inside.shape[1]) <= last + 3).float().expand_as(inside)
    assert torch.equal(inside, expected)


def test_a_region_that_no_position_is_inside_of_stays_empty(tiny):
    dot = torch.zeros(1, 48, 64)
    dot[..., 20:24, 20:24] = 1
    assert not propagate_masks(dot, "conv3_1", tiny, "inside").any()


def test_all_and_simple_are_nested(masks, tiny):
    simple, every = (propagate_masks(masks, "conv3_1", tiny, way) for way in ("simple", "all"))
    assert (simple <= every + SINGLE).all()
    assert simple.sum() < every.sum()


def test_odd_pictures_have_guides_too(tiny):
    masks = torch.rand(2, 37, 45, generator=torch.Generator().manual_seed(2))
    for way in ("all", "inside"):
        assert propagate_masks(masks, "conv3_1", tiny, way).shape == (2, *tiny.positions("conv3_1", Size(37, 45)))


def test_feathering_blurs_edges_and_keeps_sums(masks):
    plain, soft = (feather(masks, Size(48, 64), width) for width in (0.0, 4.0))
    assert torch.equal(plain, masks)
    torch.testing.assert_close(soft.sum(0), torch.ones(48, 64))
    across = soft[0, 24]
    assert (across.diff() <= SINGLE).all()
    torch.testing.assert_close(across[31] + across[32], torch.tensor(1.0))
    # A bell of standard deviation 4 leaves at 4 pixels from the edge what lies beyond one deviation.
    torch.testing.assert_close(across[35:37].mean(), torch.tensor(0.1587), rtol=0.03, atol=0)


def test_masks_of_any_size_are_resized(masks):
    assert feather(masks, Size(24, 32), 0.0).shape == (2, 24, 32)
