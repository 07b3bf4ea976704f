"""Property tests of every loss term."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from brushwork.images.geometry import Size, Window
from brushwork.losses.loss import NonAdditiveLoss
from brushwork.objective import Objective
from loss_examples import EXAMPLES, HEIGHT, WHOLE_EXAMPLES, WIDTH, feature, has_map, term_classes
from tolerances import DOUBLE

terms = pytest.mark.parametrize("term", EXAMPLES.values(), ids=EXAMPLES.keys())
ALL = EXAMPLES | WHOLE_EXAMPLES
all_terms = pytest.mark.parametrize("term", ALL.values(), ids=ALL.keys())


def score(term, whole_feature):
    if isinstance(term, NonAdditiveLoss):
        return term.score_whole(whole_feature)
    return term.score(term.summarize(whole_feature, Window.whole(Size.of(whole_feature))))


def test_every_term_has_an_example():
    assert term_classes() == {type(term) for term in ALL.values()}


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
@settings(max_examples=25, deadline=None)
def test_summaries_of_tiles_add_up_to_the_whole(term, tiles):
    whole_feature = feature()
    summaries = [term.summarize(tile.expand(term.halo).crop(whole_feature), tile) for tile in tiles]
    added = {name: sum(one[name] for one in summaries) for name in summaries[0]}
    torch.testing.assert_close(term.score(added), score(term, whole_feature), rtol=DOUBLE, atol=DOUBLE)


@all_terms
def test_gradient_agrees_with_finite_differences(term):
    smooth = (feature(3) if has_map(term) else feature(3, 6, 5)).requires_grad_()
    along = torch.rand(4, *smooth.shape, generator=torch.Generator().manual_seed(8), dtype=torch.float64) - 0.5
    (gradient,) = torch.autograd.grad(score(term, smooth).sum(), smooth)
    step = 1e-6
    with torch.no_grad():
        ahead, behind = ([score(term, smooth + sign * step * way).sum() for way in along] for sign in (1, -1))
    differences = (torch.stack(ahead) - torch.stack(behind)) / (2 * step)
    # A step of 1e-6: float64 keeps ten digits of the difference, and the third derivative is 1e-12 of it.
    torch.testing.assert_close((gradient * along).flatten(1).sum(-1), differences, rtol=1e-5, atol=1e-6)


@all_terms
def test_each_picture_of_a_batch_has_its_own_score(term):
    batch = feature(5)
    alone = torch.cat([score(term, batch[index : index + 1]) for index in range(len(batch))])
    torch.testing.assert_close(score(term, batch), alone)


@all_terms
def test_each_picture_of_a_batch_has_its_own_gradient(term):
    batch = feature(5).requires_grad_()
    (gradient,) = torch.autograd.grad((score(term, batch) * torch.tensor([2.0, 0.0])).sum(), batch)
    (first,) = torch.autograd.grad(score(term, batch[:1]).sum(), batch)
    torch.testing.assert_close(gradient, 2 * first)


@all_terms
def test_half_precision_features_are_summed_in_single(term):
    loud = feature(7).half() * 200 if has_map(term) else feature(7, 64, 64).half() * 30
    assert torch.isfinite(score(term, loud)).all()


def test_objectives_add_and_scale():
    gram, smooth = EXAMPLES["gram"], EXAMPLES["squares"]
    both = Objective.single("a", gram, 2.0) + 3 * Objective.single("b", smooth)
    losses = both({"t": feature(), "pixels": feature(2)})
    expected_a, expected_b = 2 * score(gram, feature()).sum(), 3 * score(smooth, feature(2)).sum()
    torch.testing.assert_close(losses.terms["a"], expected_a)
    torch.testing.assert_close(losses.total, expected_a + expected_b)
    assert both.layers == ("t", "pixels")
