from __future__ import annotations

import pytest
import torch

from brushwork.errors import InputError
from brushwork.images.geometry import Size, Window
from brushwork.losses.gram_variants import ShiftedGramLoss, shifted_target
from brushwork.losses.moments import gram


def test_without_a_shift_it_is_the_gram_matrix():
    seen = torch.rand(1, 3, 4, 5)
    torch.testing.assert_close(shifted_target(seen), gram(seen) / 20)


def test_opposite_offsets_are_transposed():
    seen = torch.rand(1, 3, 4, 5)
    torch.testing.assert_close(shifted_target(seen, offset=(1, -2)).mT, shifted_target(seen, offset=(-1, 2)))


def test_reach_is_the_longer_side_of_the_offset():
    assert ShiftedGramLoss("t", torch.zeros(1, 3, 3), 1.0, offset=(1, -4)).halo == 4


def test_stripes_are_known_by_their_neighbors():
    """Columns that alternate: a Gram matrix cannot tell them from noise of the same values; their neighbors can."""
    stripes = torch.tensor([1.0, -1.0]).repeat(3).expand(1, 1, 4, 6)
    assert shifted_target(stripes, offset=(0, 1)).item() == -1
    assert shifted_target(stripes, offset=(1, 0)).item() == 1


def test_an_offset_beyond_the_map_is_refused():
    term = ShiftedGramLoss("t", torch.zeros(1, 3, 3), 1.0, offset=(4, 0))
    seen = torch.rand(1, 3, 4, 5)
    with pytest.raises(InputError, match=r"5×4 lie \(4, 0\)"):
        term.summarize(seen, Window.whole(Size.of(seen)))
