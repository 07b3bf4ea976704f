from __future__ import annotations

from itertools import pairwise

import pytest

from brushwork.feedforward.adain_statistics import _cuts
from brushwork.feedforward.networks.adain import HALO, STRIDE


@pytest.mark.parametrize(("length", "side"), [(1000, 136), (1003, 512), (514, 512), (5, 384), (16384, 1024)])
def test_parts_fit_with_their_halo_and_lie_on_the_cells(length, side):
    cuts = _cuts(length, side)
    assert (cuts[0], cuts[-1]) == (0, length)
    assert all(cut % STRIDE == 0 for cut in cuts[:-1])
    parts = [end - begin for begin, end in pairwise(cuts)]
    assert all(0 < part <= max(side - 2 * HALO * STRIDE, 0) or len(parts) == 1 for part in parts)
    assert max(parts) - min(parts) <= 2 * STRIDE


@pytest.mark.parametrize(("length", "side"), [(512, 512), (400, 512), (4000, None)])
def test_what_fits_is_not_cut(length, side):
    assert _cuts(length, side) == [0, length]


def test_tiles_too_small_for_their_halo_are_a_cell():
    assert _cuts(40, 16) == [0, 8, 16, 24, 32, 40]
