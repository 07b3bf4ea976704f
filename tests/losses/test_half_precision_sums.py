from __future__ import annotations

import pytest
import torch

from brushwork.losses import moments
from brushwork.losses.moments import gram_sums, mean_std_sums
from tolerances import rounding


@pytest.fixture(params=[torch.channels_last, torch.contiguous_format])
def feature(request):
    generator = torch.Generator().manual_seed(0)
    found = 30 + torch.randn(2, 8, 13, 17, generator=generator)
    return found.bfloat16().contiguous(memory_format=request.param)


SHIFT = torch.linspace(28, 32, 8)[None]


def pulled(sums, feature):
    """Sums, and a gradient through all of them."""
    leaf = feature.clone().requires_grad_()
    found = sums(leaf)
    generator = torch.Generator().manual_seed(1)
    sum((torch.randn(one.shape, generator=generator) * one).sum() for one in found.values()).backward()
    return found, leaf.grad


@pytest.mark.parametrize("sums", [lambda f: {"g": gram_sums(f)["second"]}, lambda f: mean_std_sums(f, SHIFT)])
def test_as_the_widened_ones(monkeypatch, feature, sums):
    monkeypatch.setattr(moments, "CACHED_BLOCK", 100)  # 221 cells: the last block is shorter
    found, gradient = pulled(sums, feature)
    expected, reference = pulled(sums, feature.float())
    for name, value in expected.items():
        assert found[name].dtype == torch.float32
        torch.testing.assert_close(found[name], value, rtol=0, atol=rounding(221) * float(value.detach().abs().max()))
    assert gradient.dtype == torch.bfloat16
    assert (gradient.float() - reference).norm() < 2**-8 * reference.norm()  # bfloat16 keeps 8 bits


def test_channels_stay_together(feature):
    if feature.is_contiguous(memory_format=torch.channels_last):
        for sums in (gram_sums, lambda f: mean_std_sums(f, SHIFT)):
            assert pulled(sums, feature)[1].is_contiguous(memory_format=torch.channels_last)


def test_long_sums_keep_their_digits():
    """In bfloat16 they would stand still at 256."""
    ones = torch.ones(1, 1, 300, 300, dtype=torch.bfloat16)
    assert moments.narrow_gram(ones).item() == 90_000
    assert [one.item() for one in moments.narrow_mean_std_sums(ones, torch.zeros(1, 1))] == [90_000, 90_000]
