"""Every term pulls as strongly as its weight, in its own direction."""

from __future__ import annotations

import torch

from brushwork.losses import ContentLoss, GramLoss
from brushwork.objective import Objective
from brushwork.training.tasks.texture_net import normalize_gradients
from brushwork.types import Features
from tolerances import rounding


def features(count: int = 2) -> Features:
    generator = torch.Generator().manual_seed(0)
    return {
        "shallow": (100 * torch.rand(count, 4, 5, 6, generator=generator)).requires_grad_(),
        "deep": torch.rand(count, 3, 2, 2, generator=generator).requires_grad_(),
    }


STYLE = {"shallow": GramLoss("shallow", torch.eye(4)[None], 1.0), "deep": GramLoss("deep", torch.eye(3)[None], 1.0)}
SUMMED = rounding(100)
"""Sums of up to a hundred cells."""

WEIGHTS = {"shallow": 2.0, "deep": 0.5}


def style(*layers: str) -> Objective:
    return sum((Objective.single(layer, STYLE[layer], WEIGHTS[layer]) for layer in layers), Objective({}))


def test_gradients_have_the_weights_as_their_norms_and_their_own_directions() -> None:
    given, plain = features(), features()
    normalize_gradients(style("shallow", "deep"), given).total.backward()
    style("shallow", "deep")(plain).total.backward()
    for layer, weight in WEIGHTS.items():
        ours, theirs = given[layer].grad, plain[layer].grad
        assert ours is not None and theirs is not None
        torch.testing.assert_close(ours.abs().flatten(1).sum(1), torch.full((2,), weight), rtol=SUMMED, atol=SUMMED)
        shares = theirs.flatten(1) / theirs.flatten(1).abs().sum(1, keepdim=True)
        torch.testing.assert_close(ours.flatten(1), weight * shares, rtol=SUMMED, atol=SUMMED)


def test_the_values_are_the_objectives() -> None:
    given = features()
    ours, theirs = normalize_gradients(style("shallow", "deep"), given), style("shallow", "deep")(given)
    torch.testing.assert_close(ours.total, theirs.total, rtol=SUMMED, atol=SUMMED)
    assert ours.terms.keys() == theirs.terms.keys()
    for name, value in ours.terms.items():
        torch.testing.assert_close(value, theirs.terms[name], rtol=SUMMED, atol=SUMMED)


def test_a_picture_is_pulled_as_if_it_were_alone() -> None:
    both, alone = features(), features()
    normalize_gradients(style("deep"), both).total.backward()
    first = {"deep": alone["deep"][:1]}
    normalize_gradients(style("deep"), first).total.backward()
    assert both["deep"].grad is not None and alone["deep"].grad is not None
    torch.testing.assert_close(both["deep"].grad[:1], alone["deep"].grad[:1], rtol=SUMMED, atol=SUMMED)


def test_nothing_pulls_where_the_goal_is_reached() -> None:
    given = features()
    reached = ContentLoss("deep", given["deep"].detach(), 1.0)
    normalize_gradients(Objective.single("content", reached), given).total.backward()
    assert given["deep"].grad is not None
    assert float(given["deep"].grad.abs().max()) == 0


def test_scaled_losses_have_scaled_gradients() -> None:
    """As mixed precision scales them."""
    given = features()
    (1024 * normalize_gradients(style("deep"), given).total).backward()
    assert given["deep"].grad is not None
    sizes = given["deep"].grad.abs().sum((1, 2, 3))
    torch.testing.assert_close(sizes, torch.full((2,), 1024 * 0.5), rtol=SUMMED, atol=0)
