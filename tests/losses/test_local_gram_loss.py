from __future__ import annotations

import pytest
import torch

from brushwork.errors import InputError
from brushwork.images.geometry import Size, Window
from brushwork.losses.local_gram import LocalGramLoss, window_weights
from tolerances import DOUBLE


def feature(seed, *size):
    return torch.rand(1, 4, *size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def loss(term, seen):
    return term.score(term.summarize(seen, Window.whole(Size.of(seen)))).item()


@pytest.mark.parametrize("half", [0, 1, 2])
def test_the_painting_itself_has_no_loss(half):
    painting = feature(0, 9, 10)
    assert loss(LocalGramLoss("t", painting, window_weights(half), 1.0), painting) == pytest.approx(0, abs=DOUBLE)


def test_a_single_cell_knows_its_vector_but_for_the_sign():
    """‖f fᵀ − a aᵀ‖² = (f·f)² − 2(f·a)² + (a·a)²."""
    own, painting = feature(0, 5, 6), feature(1, 5, 6)
    squares, crossed = ((own**2).sum(1), (own * painting).sum(1))
    expected = (squares**2 - 2 * crossed**2 + (painting**2).sum(1) ** 2).sum().item()
    assert loss(LocalGramLoss("t", painting, window_weights(0), 1.0), own) == pytest.approx(expected, rel=DOUBLE)
    assert loss(LocalGramLoss("t", painting, window_weights(0), 1.0), -painting) == pytest.approx(0, abs=DOUBLE)


def test_larger_windows_see_less_of_where_things_are():
    painting = feature(0, 12, 12)
    moved = painting.roll(1, 3)
    losses = [loss(LocalGramLoss("t", painting, window_weights(half), 1.0), moved) for half in (0, 1, 3)]
    assert losses[0] > 2 * losses[1] > 4 * losses[2]


def test_a_painting_of_another_size_is_refused():
    with pytest.raises(InputError, match="the style image's map is 6×5, the optimized image's 5×5"):
        loss(LocalGramLoss("t", feature(0, 5, 6), window_weights(1), 1.0), feature(1, 5, 5))


def test_a_window_has_a_middle():
    with pytest.raises(InputError, match=r"odd side, 2s \+ 1, and its weights along either axis; given: 4"):
        LocalGramLoss("t", feature(0, 5, 6), torch.ones(4), 1.0)
