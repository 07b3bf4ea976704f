"""Means and variances put together from parts."""

from __future__ import annotations

import pytest
import torch

from brushwork.feedforward.tiling.graph import RunningMoments
from tolerances import DOUBLE, rounding


def test_parts_have_the_statistics_of_the_whole() -> None:
    whole = torch.randn(2, 3, 20, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 3 + 100
    top, middle, bottom = whole.split((3, 12, 5), dim=2)
    mean, variance = (RunningMoments.of(top) + RunningMoments.of(middle) + RunningMoments.of(bottom)).statistics
    torch.testing.assert_close(mean, whole.mean((2, 3), keepdim=True), rtol=DOUBLE, atol=0)
    torch.testing.assert_close(variance, whole.var((2, 3), correction=0, keepdim=True), rtol=DOUBLE, atol=0)


def test_nothing_cancels_in_single_precision() -> None:
    whole = torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(1)) + 3000
    found = (RunningMoments.of(whole[..., :13, :]) + RunningMoments.of(whole[..., 13:, :])).statistics
    exact = whole.double().var((2, 3), correction=0, keepdim=True)
    torch.testing.assert_close(found.variance, exact, rtol=rounding(64 * 64), atol=0)


def test_a_batch_has_statistics_of_its_own() -> None:
    whole = torch.randn(4, 3, 9, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    found = RunningMoments.of(whole).statistics.pool_batch()
    torch.testing.assert_close(found.mean, whole.mean((0, 2, 3), keepdim=True))
    torch.testing.assert_close(found.variance, whole.var((0, 2, 3), correction=0, keepdim=True))


@pytest.mark.usefixtures("compiled")
def test_the_compiled_sums_are_the_same_far_from_zero() -> None:
    generator = torch.Generator().manual_seed(5)
    part = 1000 + torch.randn(2, 64, 33, 20, generator=generator)
    found = RunningMoments.of(part.contiguous(memory_format=torch.channels_last)[:, :, 1:-1, 1:-1]).statistics
    inner = part[:, :, 1:-1, 1:-1].double()
    # the mean is a float32 near 1000, and the variance is that of differences from it
    torch.testing.assert_close(found.mean, inner.mean((2, 3), keepdim=True), rtol=rounding(31 * 18), atol=0)
    torch.testing.assert_close(
        found.variance, inner.var((2, 3), keepdim=True, correction=0), rtol=rounding(31 * 18), atol=0
    )
