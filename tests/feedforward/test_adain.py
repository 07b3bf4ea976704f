from __future__ import annotations

import pytest
import torch

from brushwork.controls.adain import EPSILON, ChannelStatistics, channel_statistics
from brushwork.feedforward.networks.adain import apply_affine, blend_statistics, move_statistics
from tolerances import EPS, rounding

SUMMED = {"rtol": rounding(100), "atol": rounding(100)}
"""Sums of up to 100 cells of numbers of about 1."""


def _feature(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_the_spread_is_torchs_mean_and_unbiased_deviation():
    feature = _feature(2, 5, 7, 9) * 3 + 2
    spread = channel_statistics(feature)
    double = feature.double()
    torch.testing.assert_close(spread.mean, double.mean((2, 3), keepdim=True).float(), **SUMMED)
    deviation = (double.var((2, 3), keepdim=True, unbiased=True) + EPSILON).sqrt()
    torch.testing.assert_close(spread.std, deviation.float(), **SUMMED)


def test_maps_of_several_bands_of_rows_have_the_same_spread(monkeypatch):
    feature = _feature(1, 3, 11, 6)
    whole = channel_statistics(feature)
    monkeypatch.setattr("brushwork.controls.adain._CELLS", 12)
    torch.testing.assert_close(channel_statistics(feature), whole, **SUMMED)


def test_far_from_zero_nothing_cancels():
    feature = _feature(1, 4, 20, 20) * 0.01 + 500
    exact = (feature.double().var((2, 3), keepdim=True) + EPSILON).sqrt().float()
    torch.testing.assert_close(channel_statistics(feature).std, exact, rtol=500 * EPS / 0.01, atol=0)


def test_weights_of_0_and_1_take_the_cells_that_weigh():
    feature, weights = _feature(1, 5, 6, 8), torch.zeros(1, 1, 6, 8)
    weights[..., :3] = 1
    torch.testing.assert_close(channel_statistics(feature, weights), channel_statistics(feature[..., :3]), **SUMMED)
    torch.testing.assert_close(channel_statistics(feature, weights / 4), channel_statistics(feature[..., :3]), **SUMMED)


def test_one_cell_has_no_variance():
    found = channel_statistics(_feature(1, 5, 1, 1)).std.flatten()
    torch.testing.assert_close(found, torch.full((5,), EPSILON).sqrt(), **SUMMED)


def test_fully_towards_another_spread_is_there():
    feature, wanted = (
        _feature(1, 5, 9, 9),
        ChannelStatistics(_feature(1, 5, 1, 1, seed=1), torch.rand(1, 5, 1, 1) + 0.5),
    )
    found = channel_statistics(apply_affine(move_statistics(channel_statistics(feature), wanted), feature))
    torch.testing.assert_close(found.mean, wanted.mean, **SUMMED)
    torch.testing.assert_close(found.std, wanted.std, **SUMMED)


@pytest.mark.parametrize("strength", [0.0, 0.3])
def test_part_of_the_way_is_a_mixture(strength):
    feature, wanted = _feature(1, 5, 9, 9), channel_statistics(_feature(1, 5, 4, 4, seed=1) * 2 + 1)
    own = channel_statistics(feature)
    fully = apply_affine(move_statistics(own, wanted), feature)
    found = apply_affine(move_statistics(own, wanted, strength), feature)
    torch.testing.assert_close(found, torch.lerp(feature, fully, strength), **SUMMED)


def test_a_blend_of_spreads_is_the_blend_of_what_is_made_with_them():
    feature, own = _feature(1, 5, 9, 9), channel_statistics(_feature(1, 5, 9, 9))
    wanted = [channel_statistics(_feature(1, 5, 4, 4, seed=seed)) for seed in (1, 2)]
    apart = [apply_affine(move_statistics(own, one), feature) for one in wanted]
    torch.testing.assert_close(
        apply_affine(move_statistics(own, blend_statistics(wanted, [0.25, 0.75])), feature),
        0.25 * apart[0] + 0.75 * apart[1],
        **SUMMED,
    )
