from __future__ import annotations

import pytest
import torch

from brushwork.losses.guided_moments import guided_gram, guided_mean, guided_mean_std_sums, guided_variance
from brushwork.losses.moments import gram


@pytest.mark.parametrize("block", [7, 20])
def test_guided_grams_differentiate_as_the_plain_formula(block, monkeypatch):
    """The 20 positions in three blocks, the last smaller, and in one."""
    monkeypatch.setattr("brushwork.losses.moments.CACHED_BLOCK", block)
    own = torch.rand(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    guides = torch.rand(3, 4, 5, dtype=torch.float64) - 0.5
    outer = torch.rand(2, 3, 3, 3, dtype=torch.float64)
    (found,) = torch.autograd.grad((guided_gram(own, guides) * outer).sum(), own)
    plain = torch.einsum("bcn,kn,bdn->bkcd", own.flatten(2), guides.flatten(1), own.flatten(2))
    (expected,) = torch.autograd.grad((plain * outer).sum(), own)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("order", ["transposed", "channels last"])
def test_the_gradient_does_not_depend_on_the_order_in_memory(order):
    own, guides = torch.rand(2, 3, 5, 4, dtype=torch.float64), torch.rand(3, 5, 4, dtype=torch.float64)
    stored = own.mT.contiguous().mT if order == "transposed" else own.to(memory_format=torch.channels_last)
    found, expected = (
        torch.autograd.grad(guided_gram(one, guides).square().sum(), one)[0]
        for one in (stored.requires_grad_(), own.requires_grad_())
    )
    torch.testing.assert_close(found, expected)


def test_guides_of_ones_guide_nothing():
    own = torch.rand(2, 3, 4, 5)
    torch.testing.assert_close(guided_gram(own, torch.ones(1, 4, 5))[:, 0], gram(own))


def test_an_empty_guide_has_the_shift_as_its_mean():
    shifts = torch.full((1, 1, 3), 0.25)
    sums = guided_mean_std_sums(torch.rand(1, 3, 4, 5), torch.zeros(1, 4, 5), shifts)
    assert torch.equal(guided_mean(sums, shifts), shifts)
    assert not guided_variance(sums).any()
