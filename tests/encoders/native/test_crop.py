from __future__ import annotations

import pytest
import torch

from brushwork.encoders.native.crop import crop_feature

WINDOW = slice(2, 5), slice(1, 8)


def _feature(dtype=torch.float64):
    numbers = torch.rand(2, 4, 7, 9, dtype=dtype, generator=torch.Generator().manual_seed(0))
    return numbers.to(memory_format=torch.channels_last).requires_grad_()


def test_is_the_window():
    feature = _feature()
    assert torch.equal(crop_feature(feature, *WINDOW), feature[..., *WINDOW])


@pytest.mark.slow
def test_its_gradient_and_that_of_its_gradient():
    assert torch.autograd.gradcheck(lambda feature: crop_feature(feature, *WINDOW).square(), _feature())
    assert torch.autograd.gradgradcheck(lambda feature: crop_feature(feature, *WINDOW).square(), _feature())


def test_a_gradient_that_lies_in_another_map_leaves_it_as_it_is():
    feature, other = _feature(), torch.ones(2, 7, 9, 4, dtype=torch.float64).permute(0, 3, 1, 2)
    crop_feature(feature, *WINDOW).backward(other[..., *WINDOW])
    assert torch.equal(other, torch.ones_like(other))
    assert feature.grad.sum() == 2 * 4 * 3 * 7
