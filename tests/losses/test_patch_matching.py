from __future__ import annotations

import pytest
import torch

from brushwork.losses.patch_matching import PatchGrid, match_patches


def test_a_grid_counts_its_patches():
    grid = PatchGrid(side=3, stride=2)
    assert [grid.n_patches(length) for length in (3, 4, 5, 9)] == [1, 1, 2, 4]
    assert grid.rows(1, 2) == slice(2, 7)


@pytest.mark.parametrize("block", [1, 300, 10**7])
def test_patches_are_found_where_they_were_cut(block, monkeypatch):
    monkeypatch.setattr("brushwork.losses.patch_matching.BLOCK_NUMBERS", block)
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.rand(3, *size, generator=generator) for size in ((6, 7), (8, 5)))
    match = match_patches(second[:, 1:7, 1:5], [first, second], PatchGrid(3, 1))
    expected = first[0].numel() + 5 * torch.arange(1, 5)[:, None] + torch.arange(1, 3)
    assert torch.equal(match.first, expected)
    assert (match.width == 5).all()
