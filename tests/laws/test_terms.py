"""Laws that every term keeps."""

from __future__ import annotations

import functools
import itertools
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from every_term import EXAMPLES, HEIGHT, WIDTH, feature, term_classes

from brushwork.objective import Objective
from brushwork.picture.window import Size, Window
from brushwork.terms.content import Content
from brushwork.terms.term import add

terms = pytest.mark.parametrize("term", EXAMPLES.values(), ids=EXAMPLES.keys())


def score(term, whole_feature):
    return term.score(term.summarize(whole_feature, Window.whole(Size.of(whole_feature))))


def is_content(term):
    """Content compares cell by cell: it wants features of its target's size."""
    return isinstance(term, Content)


def test_every_term_has_an_example():
    assert term_classes() == {type(term) for term in EXAMPLES.values()}


@st.composite
def tilings(draw):
    """Cut the map into rectangles by random rows and columns."""
    rows = sorted({0, HEIGHT, *draw(st.lists(st.integers(1, HEIGHT - 1), max_size=3))})
    columns = sorted({0, WIDTH, *draw(st.lists(st.integers(1, WIDTH - 1), max_size=3))})
    size = Size(HEIGHT, WIDTH)
    return [
        Window(top, left, bottom - top, right - left, size)
        for top, bottom in itertools.pairwise(rows)
        for left, right in itertools.pairwise(columns)
    ]


@terms
@given(tiles=tilings())
@settings(max_examples=40, deadline=None)
def test_summaries_of_tiles_add_up_to_the_whole(term, tiles):
    whole_feature = feature()
    summaries = [term.summarize(tile.grown(term.reach).crop(whole_feature), tile) for tile in tiles]
    added = functools.reduce(add, summaries)
    torch.testing.assert_close(term.score(added), score(term, whole_feature), rtol=1e-11, atol=1e-11)


@terms
def test_gradient_agrees_with_finite_differences(term):
    smooth = (feature(3) if is_content(term) else feature(3, 4, 5)).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: score(term, x).sum(), smooth, atol=1e-6, rtol=1e-5)


@terms
def test_each_picture_of_a_batch_has_its_own_score(term):
    batch = feature(5)
    alone = torch.cat([score(term, batch[index : index + 1]) for index in range(len(batch))])
    torch.testing.assert_close(score(term, batch), alone)


@terms
def test_half_precision_features_are_summed_in_single(term):
    loud = feature(7).half() * 200 if is_content(term) else feature(7, 64, 64).half() * 30
    assert torch.isfinite(score(term, loud)).all()


def test_objectives_add_and_scale():
    gram, smooth = EXAMPLES["gram"], EXAMPLES["squares"]
    both = Objective.one("a", gram, 2.0) + 3 * Objective.one("b", smooth)
    losses = both({"t": feature(), "pixels": feature(2)})
    expected_a, expected_b = 2 * score(gram, feature()).sum(), 3 * score(smooth, feature(2)).sum()
    torch.testing.assert_close(losses.terms["a"], expected_a)
    torch.testing.assert_close(losses.total, expected_a + expected_b)
    assert both.taps == ("t", "pixels")
