"""Equations 1 to 7 of Gatys, Ecker, Bethge (CVPR 2016 and 1508.06576) against their printed form."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import paper_formulas as formulas
from brushwork.images.geometry import Size, Window
from brushwork.losses import moments
from brushwork.losses.content import ContentLoss
from brushwork.losses.gram import GramLoss
from brushwork.objective import Objective
from tolerances import DOUBLE

FILTERS, HEIGHT, WIDTH = 4, 3, 5
EXACT = {"rtol": DOUBLE, "atol": DOUBLE}


def before_rectification(seed, height=HEIGHT, width=WIDTH):
    """What enters the rectification: half of it is negative."""
    generator = np.random.default_rng(seed)
    return torch.from_numpy(generator.normal(size=(1, FILTERS, height, width)))


def printed_form(feature):
    """F[i, p]."""
    return feature.detach()[0].flatten(1).numpy()


def loss_and_gradient(term, entering):
    """The loss at the rectified features, and its gradient into what entered the rectification."""
    entering = entering.clone().requires_grad_()
    feature = entering.relu()
    loss = term.score(term.summarize(feature, Window.whole(Size.of(feature)))).sum()
    loss.backward()
    return loss.item(), printed_form(entering.grad)


@pytest.fixture
def picture():
    return before_rectification(0)


@pytest.fixture
def target():
    return before_rectification(1).relu()


def test_content_is_equation_1_and_its_gradient_equation_2(picture, target):
    loss, gradient = loss_and_gradient(ContentLoss("t", target, 0.5), picture)
    features = printed_form(picture.relu())
    np.testing.assert_allclose(loss, formulas.content(features, printed_form(target)), **EXACT)
    np.testing.assert_allclose(gradient, formulas.content_gradient(features, printed_form(target)), **EXACT)


def test_gram_is_equation_3(picture):
    feature = picture.relu()
    np.testing.assert_allclose(moments.gram(feature)[0].numpy(), formulas.gram(printed_form(feature)), **EXACT)


def style_term(target):
    cells = target.shape[-1] * target.shape[-2]
    return GramLoss("t", moments.gram(target) / cells, 1 / (4 * FILTERS**2))


def test_style_is_equation_4_and_its_gradient_equation_6(picture, target):
    loss, gradient = loss_and_gradient(style_term(target), picture)
    features = printed_form(picture.relu())
    np.testing.assert_allclose(loss, formulas.style_layer(features, printed_form(target)), **EXACT)
    np.testing.assert_allclose(gradient, formulas.style_layer_gradient(features, printed_form(target)), **EXACT)


def test_the_sign_of_1505_07376_equation_4_is_a_misprint(picture, target):
    """Along the printed −(…) the loss would rise: finite differences decide for CVPR 2016."""
    features, painting = printed_form(picture.relu()), printed_form(target)
    i, p = np.argwhere(features > 0)[0]
    step = np.zeros_like(features)
    step[i, p] = 1e-6
    up, down = (formulas.style_layer(features + sign * step, painting) for sign in (1, -1))
    np.testing.assert_allclose(
        (up - down) / 2e-6, formulas.style_layer_gradient(features, painting)[i, p], rtol=1e-6, atol=0
    )


def test_total_style_is_equation_5_and_the_total_equation_7(picture, target):
    """L = α·L_content + β·Σ w_l E_l."""
    alpha, beta, shares = 3e-3, 7.0, (0.25, 0.75)
    deep_picture, deep_target = before_rectification(2, 2, 2).relu(), before_rectification(3, 2, 2).relu()
    objective = alpha * Objective.single("content", ContentLoss("deep", deep_target, 0.5))
    for layer, share, painting in zip(("t", "deep"), shares, (target, deep_target), strict=True):
        cells = painting.shape[-1] * painting.shape[-2]
        term = GramLoss(layer, moments.gram(painting) / cells, 1 / (4 * FILTERS**2))
        objective += (beta * share) * Objective.single(f"style {layer}", term)
    losses = objective({"t": picture.relu(), "deep": deep_picture})
    own = [printed_form(picture.relu()), printed_form(deep_picture)]
    theirs = [printed_form(target), printed_form(deep_target)]
    styles = [formulas.style_layer(f, a) for f, a in zip(own, theirs, strict=True)]
    expected = alpha * formulas.content(own[1], theirs[1]) + beta * np.dot(shares, styles)
    np.testing.assert_allclose(losses.total.item(), expected, **EXACT)


def test_pictures_of_two_sizes_are_compared_per_cell(picture):
    """1/(4N²) Σ (G/M − A/M_A)²: a painting tiled twice is the same style."""
    once = before_rectification(4).relu()
    twice = torch.cat([once, once], -1)
    assert loss_and_gradient(style_term(once), picture)[0] == pytest.approx(
        loss_and_gradient(style_term(twice), picture)[0], rel=DOUBLE
    )
