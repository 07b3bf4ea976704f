from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brushwork.evaluate.bands import Rows, at_first, bands


@pytest.mark.slow
@given(
    height=st.integers(1, 3000),
    ranks=st.integers(1, 70),
    stride=st.sampled_from([1, 2, 8, 16]),
    halo=st.integers(0, 100),
)
def test_bands_deal_all_rows_once_in_order(height: int, ranks: int, stride: int, halo: int) -> None:
    dealt = bands(height, ranks, stride, halo)
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
    assert bands(144, 4, 16, 80) == (Rows(0, 144), Rows(144, 144), Rows(144, 144), Rows(144, 144))
    assert bands(330, 2, 16, 80) == (Rows(0, 160), Rows(160, 330))


def test_growing_stops_at_the_border_and_leaves_nothing_alone() -> None:
    assert Rows(16, 32).grown(24, 50) == (0, 50)
    assert Rows(48, 48).grown(24, 48) == (48, 48)


def test_everything_with_the_first() -> None:
    assert at_first(9, 3) == ((0, 9), (9, 9), (9, 9))
