from __future__ import annotations

import pytest
import torch

from brushwork.losses import moments
from tolerances import EPS


def features(seed=0, dtype=torch.float64, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    return (torch.rand(2, 3, 4, 5, generator=generator, dtype=torch.float64) * scale).to(dtype)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_widened_and_the_rest_left_alone(dtype):
    assert moments.as_float32(features(dtype=dtype)).dtype == torch.float32
    assert moments.as_float32(features()).dtype == torch.float64
    assert moments.as_float32(features().float()).dtype == torch.float32


def test_gram_is_symmetric_and_removes_no_mean():
    gram = moments.gram(features())
    torch.testing.assert_close(gram, gram.mT)
    shifted = moments.gram(features() + 1)
    expected = gram + features().sum((2, 3))[:, :, None] + features().sum((2, 3))[:, None, :] + 4 * 5
    torch.testing.assert_close(shifted, expected)


def test_the_count_is_of_cells_for_each_picture():
    assert torch.equal(moments.count_positions(features()), torch.tensor([20.0, 20.0], dtype=torch.float64))


@pytest.mark.parametrize("shift", [0.0, 0.5, -3.0])
def test_any_shift_gives_the_same_mean_and_variance(shift):
    shifts = torch.full((1, 3), shift, dtype=torch.float64)
    sums = moments.mean_std_sums(features(), shifts)
    torch.testing.assert_close(moments.mean(sums, shifts), features().mean((2, 3)))
    torch.testing.assert_close(moments.variance(sums), features().var((2, 3), correction=0))


def test_a_shift_near_the_mean_keeps_the_digits_of_single_precision():
    far = (features(scale=0.1) + 500).float()
    exact = far.double().var((2, 3), correction=0)
    near = moments.mean_std_sums(far, far.mean((2, 3))[:1])
    raw = moments.mean_std_sums(far, torch.zeros(1, 3))
    assert ((moments.variance(near) - exact).abs() < 500 * EPS / 0.1 * exact).all()
    assert not ((moments.variance(raw) - exact).abs() < 0.1 * exact).all()


def test_variance_is_never_negative():
    flat = torch.full((1, 2, 8, 8), 1234.567)
    assert (moments.variance(moments.mean_std_sums(flat, torch.zeros(1, 2))) >= 0).all()


@pytest.mark.parametrize("shift", [0.0, 0.5, -3.0])
def test_any_shift_gives_the_same_covariance(shift):
    sums = moments.covariance_sums(features(), torch.full((1, 3), shift, dtype=torch.float64))
    expected = torch.stack([torch.cov(picture.flatten(1), correction=0) for picture in features()])
    torch.testing.assert_close(moments.covariance(sums), expected)
