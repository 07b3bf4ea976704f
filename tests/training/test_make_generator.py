"""Chance that hangs on numbers."""

from __future__ import annotations

import torch

from brushwork.training.dataset import make_generator


def test_the_same_numbers_draw_the_same() -> None:
    assert torch.equal(torch.rand(5, generator=make_generator(1, 2)), torch.rand(5, generator=make_generator(1, 2)))


def test_other_numbers_draw_other_things() -> None:
    drawn = {
        float(torch.rand(1, generator=make_generator(*one))) for one in ((1, 2), (2, 1), (12,), (1, 2, 0), (2**62,))
    }
    assert len(drawn) == 5
