"""Sizes and windows."""

from __future__ import annotations

from itertools import pairwise

import torch
from hypothesis import given
from hypothesis import strategies as st

from brushwork.images import Size, Window
from brushwork.images.geometry import cut_evenly


def test_sizes():
    size = Size.of(torch.zeros(2, 3, 4, 5))
    assert size == (4, 5)
    assert size.area == 20
    assert str(size) == "5×4"


def test_the_whole_map_is_a_window():
    whole = torch.rand(1, 2, 4, 5)
    window = Window.whole(Size.of(whole))
    assert (window.bottom, window.right) == (4, 5)
    assert torch.equal(window.crop(whole), whole)
    assert window.expand(3) == window


@given(st.data())
def test_grown_windows_reach_around_as_far_as_the_map_goes(data):
    size = Size(data.draw(st.integers(1, 20)), data.draw(st.integers(1, 20)))
    top, left = data.draw(st.integers(0, size.height - 1)), data.draw(st.integers(0, size.width - 1))
    height = data.draw(st.integers(1, size.height - top))
    width = data.draw(st.integers(1, size.width - left))
    reach = data.draw(st.integers(0, 25))
    window = Window(top, left, height, width, size)
    marked = torch.zeros(1, 1, *size)
    marked[..., top : window.bottom, left : window.right] = 1
    reached = torch.nn.functional.max_pool2d(marked, 2 * reach + 1, 1, reach) if reach else marked
    assert window.crop(marked).sum() == marked.sum()
    assert window.expand(reach).crop(reached).numel() == reached.sum()
    assert window.expand(reach).crop(reached).min() == 1


def test_a_window_of_what_was_cut_is_that_of_the_whole():
    whole = torch.arange(70.0).view(1, 1, 7, 10)
    outer, inner = Window(1, 2, 5, 7, Size(7, 10)), Window(2, 4, 3, 2, Size(7, 10))
    assert torch.equal(inner.relative_to(outer).crop(outer.crop(whole)), inner.crop(whole))
    assert inner.relative_to(outer).full_size == Size(5, 7)


def test_a_grid_of_windows_covers_the_map_row_by_row():
    size = Size(7, 5)
    found = Window.grid([0, 3, 7], [0, 4, 5], size)
    assert found == [
        Window(0, 0, 3, 4, size),
        Window(0, 4, 3, 1, size),
        Window(3, 0, 4, 4, size),
        Window(3, 4, 4, 1, size),
    ]
    covered = torch.zeros(1, 1, *size)
    for window in found:
        window.crop(covered).add_(1)
    assert (covered == 1).all()


def test_strips_of_a_window_end_with_it():
    window = Window(2, 1, 7, 3, Size(20, 20))
    assert [(one.top, one.bottom) for one in window.strips(3)] == [(2, 5), (5, 8), (8, 9)]
    assert {(one.left, one.right, one.full_size) for one in window.strips(3)} == {(1, 4, Size(20, 20))}
    assert window.strips(7) == [window]


@given(st.integers(1, 60), st.data(), st.integers(1, 8))
def test_even_cuts_differ_by_at_most_one_position(positions, data, stride):
    count = data.draw(st.integers(1, positions))
    cuts = cut_evenly(positions, count, stride)
    lengths = {later - earlier for earlier, later in pairwise(cuts)}
    assert (cuts[0], cuts[-1], len(cuts)) == (0, positions * stride, count + 1)
    assert all(length % stride == 0 and length > 0 for length in lengths)
    assert max(lengths) - min(lengths) <= stride
    assert cut_evenly(positions, count, stride, end=999) == [*cuts[:-1], 999]
