from __future__ import annotations

import pytest
import torch

from brushwork.losses.distribution import transport_distance


def test_order_does_not_matter():
    own, other = torch.tensor([[[3.0, 1.0, 2.0]]]), torch.tensor([[[1.0, 2.0, 4.0]]])
    assert transport_distance(own, other).item() == pytest.approx(1 / 3)


def test_a_number_stands_for_its_share():
    """Two numbers against one: each half is moved there."""
    two, one = torch.tensor([[[1.0, 5.0]]]), torch.tensor([[[2.0]]])
    assert transport_distance(two, one).item() == pytest.approx((1 + 9) / 2)
    assert transport_distance(one, two).item() == pytest.approx((1 + 9) / 2)


@pytest.mark.parametrize(("n", "m"), [(2, 3), (5, 7), (6, 4), (1, 9)])
def test_repeated_sets_are_the_same_sets(n, m):
    own, other = (torch.rand(1, 2, size, dtype=torch.float64) for size in (n, m))
    other = other.sort().values
    repeated = transport_distance(own.repeat(1, 1, m), other.repeat_interleave(n, 2))
    torch.testing.assert_close(transport_distance(own, other), repeated)
