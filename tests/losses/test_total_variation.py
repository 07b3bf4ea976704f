from __future__ import annotations

import pytest
import torch

from brushwork.images.geometry import Size, Window
from brushwork.losses.total_variation import TotalVariationLoss


def loss(term, seen):
    return term.score(term.summarize(seen, Window.whole(Size.of(seen)))).item()


def image(*rows):
    return torch.tensor(rows, dtype=torch.float64)[None, None]


STAIRS = image([0.0, 1.0, 3.0], [0.0, 0.0, 7.0])
"""Across: 1, 2, 0, 7. Down: 0, 1, 4."""


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (TotalVariationLoss(1, 1.0, 0.0), 1 + 2 + 0 + 7),
        (TotalVariationLoss(1, 0.0, 1.0), 0 + 1 + 4),
        (TotalVariationLoss(2, 1.0, 0.0), 1 + 4 + 0 + 49),
        (TotalVariationLoss(2, 0.0, 10.0), 10 * (0 + 1 + 16)),
        (TotalVariationLoss(2, 1.0, 0.0, paired=True), 1 + 4),
        (TotalVariationLoss(2, 0.0, 1.0, paired=True), 0 + 1),
    ],
)
def test_differences_are_those_of_neighbors(term, expected):
    assert loss(term, STAIRS) == expected


def test_a_flat_picture_has_none():
    assert loss(TotalVariationLoss(2, 1.0, 1.0), torch.full((1, 3, 4, 5), 0.3)) == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 4), (4, 1)])
@pytest.mark.parametrize("paired", [False, True])
def test_windows_without_neighbors_can_be_computed(size, paired):
    assert loss(TotalVariationLoss(1, 1.0, 1.0, paired=paired), torch.zeros(1, 3, *size)) == 0
