from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brushwork.distributed.halo_exchange import RowRange, all_on_first, split_rows


@pytest.mark.slow
@given(
    height=st.integers(1, 3000),
    ranks=st.integers(1, 70),
    stride=st.sampled_from([1, 2, 8, 16]),
    halo=st.integers(0, 100),
)
def test_bands_deal_all_rows_once_in_order(height: int, ranks: int, stride: int, halo: int) -> None:
    dealt = split_rows(height, ranks, stride, halo)
    assert len(dealt) == ranks
    assert dealt[0].top == 0
    assert dealt[-1].bottom == height
    assert all(one.bottom == next_.top for one, next_ in pairwise(dealt))
    working = [rows for rows in dealt if rows.height]
    assert all(rows.top % stride == 0 for rows in working)
    assert len({rows.height // stride for rows in working[:-1]}) <= 2
    assert list(dealt[: len(working)]) == working
    assert len(working) == 1 or min(rows.height for rows in working) >= halo - stride


def test_a_picture_too_small_for_all_is_painted_by_some() -> None:
    assert split_rows(144, 4, 16, 80) == (RowRange(0, 144), RowRange(144, 144), RowRange(144, 144), RowRange(144, 144))
    assert split_rows(330, 2, 16, 80) == (RowRange(0, 160), RowRange(160, 330))


def test_everything_with_the_first() -> None:
    assert all_on_first(9, 3) == ((0, 9), (9, 9), (9, 9))
