from __future__ import annotations

import math

import pytest
import torch

from brushwork.optimize import products
from brushwork.optimize.products import absolute_sum, dot


@pytest.mark.parametrize(("left", "right"), [(1.0, 1.0), (1e20, 1e20), (1e-25, 1e-25), (1e30, 1e-30), (3e38, 3e38)])
def test_a_dot_product_neither_overflows_nor_underflows(left, right):
    a = torch.linspace(-1, 1, 999).view(3, 333) * left
    b = torch.linspace(-1, 1, 999).view(3, 333) * right
    exact = float((a.double() * b.double()).sum())
    assert dot(a, b) == pytest.approx(exact, rel=1e-5)


def test_the_parts_of_a_long_vector_add_up(monkeypatch):
    a, b = torch.randn(7, 11).double(), torch.randn(7, 11).double()
    monkeypatch.setattr(products, "BLOCK", 10)
    assert dot(a, b) == pytest.approx(float((a * b).sum()), rel=1e-12)
    assert absolute_sum(a) == pytest.approx(float(a.abs().sum()), rel=1e-12)


def test_long_sums_of_small_numbers_do_not_stall():
    ones = torch.ones(1 << 25)  # a single running float32 sum stops at 2²⁴
    assert dot(ones, ones) == absolute_sum(ones) == 1 << 25


def test_zero_and_what_is_not_a_number():
    zero, one = torch.zeros(5), torch.ones(5)
    assert dot(zero, one) == 0
    assert math.isnan(dot(torch.full((5,), torch.nan), one))
    assert not math.isfinite(dot(torch.full((5,), torch.inf), one))
    assert absolute_sum(torch.full((5,), 1e37)) == pytest.approx(5e37)
