from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from brushwork.distributed.halo_exchange import (
    RowRange,
    RowRanges,
    all_on_first,
    exchange_rows,
    reduce_rows,
    split_rows,
)
from threaded_ranks import ThreadRank, run_on_ranks

HEIGHTS, RANKS = st.integers(1, 40), st.integers(1, 4)


def _parts(whole: Tensor, dealt: RowRanges) -> list[Tensor]:
    return [whole[..., rows.top : rows.bottom, :] for rows in dealt]


def _grown(dealt: RowRanges, halo: int, height: int) -> RowRanges:
    return tuple(
        RowRange(max(0, rows.top - halo), min(height, rows.bottom + halo)) if rows.height else rows for rows in dealt
    )


@settings(deadline=None, max_examples=40)
@given(height=HEIGHTS, ranks=RANKS, stride=st.sampled_from([1, 4]), reach=st.integers(0, 50))
def test_bands_get_their_halos_from_however_many_neighbors(height: int, ranks: int, stride: int, reach: int) -> None:
    whole, dealt = torch.rand(1, 3, height, 5), split_rows(height, ranks, stride, 0)
    grown = _grown(dealt, reach, height)
    parts = _parts(whole, dealt)
    moved = run_on_ranks(ranks, lambda group: exchange_rows(parts[group.rank], dealt, grown, group))
    assert all(torch.equal(one, other) for one, other in zip(moved, _parts(whole, grown), strict=True))


@settings(deadline=None, max_examples=40)
@given(height=HEIGHTS, ranks=RANKS, reach=st.integers(0, 50))
def test_folding_is_the_adjoint_of_moving(height: int, ranks: int, reach: int) -> None:
    """⟨move(x), y⟩ = ⟨x, fold(y)⟩."""
    whole, dealt = torch.rand(1, 3, height, 2, dtype=torch.float64), split_rows(height, ranks, 1, 0)
    grown = _grown(dealt, reach, height)
    held = [torch.rand(1, 3, rows.height, 2, dtype=torch.float64) for rows in grown]
    folded = run_on_ranks(ranks, lambda group: reduce_rows(held[group.rank], grown, dealt, group))
    moved = _parts(whole, grown)
    left = sum(float((one * other).sum()) for one, other in zip(moved, held, strict=True))
    right = sum(float((one * other).sum()) for one, other in zip(_parts(whole, dealt), folded, strict=True))
    torch.testing.assert_close(left, right)


def test_a_picture_is_dealt_out_and_collected() -> None:
    whole, dealt = torch.rand(1, 3, 37, 4), split_rows(37, 3, 4, 0)
    first = all_on_first(37, 3)

    def there_and_back(group: ThreadRank) -> Tensor:
        mine = exchange_rows(_parts(whole, first)[group.rank], first, dealt, group)
        return exchange_rows(mine, dealt, first, group)

    collected = run_on_ranks(3, there_and_back)
    assert torch.equal(collected[0], whole)
    assert collected[1].numel() == 0
