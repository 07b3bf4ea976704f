from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch

from brushwork.errors import InputError
from brushwork.objective import Objective
from brushwork.terms.content import Content
from brushwork.terms.sliced import SlicedWasserstein
from brushwork.terms.smooth import TotalVariation

FEATURES = {"deep": torch.full((2, 3, 4, 5), 2.0), "pixels": torch.zeros(2, 3, 8, 10)}
NEAR = Content("deep", torch.ones(1, 3, 4, 5), 0.5)
FLAT = TotalVariation(2, 1.0, 1.0)
CELLS = 3 * 4 * 5


def test_losses_are_weighted_named_and_summed_over_the_batch():
    losses = (3 * Objective.one("near", NEAR, 2.0) + Objective.one("flat", FLAT))(FEATURES)
    assert losses.terms.keys() == {"near", "flat"}
    assert losses.terms["near"].item() == 3 * 2 * 0.5 * CELLS * 2
    assert losses.terms["flat"].item() == 0
    assert losses.total.item() == losses.terms["near"].item()


def test_a_number_scales_from_both_sides():
    one = Objective.one("near", NEAR, 2.0)
    assert (one * 3).terms == (3 * one).terms


def test_sums_and_products_leave_their_parts_alone():
    one, other = Objective.one("near", NEAR), Objective.one("flat", FLAT)
    _ = 5 * (one + other)
    assert one.terms["near"].weight == 1
    assert other.terms.keys() == {"flat"}


def test_taps_are_told_once_in_order():
    both = Objective.one("flat", FLAT) + Objective.one("near", NEAR) + Objective.one("again", NEAR)
    assert both.taps == ("pixels", "deep")


def test_two_terms_of_one_name_are_refused():
    with pytest.raises(InputError, match="two terms have the name 'near'"):
        Objective.one("near", NEAR) + Objective.one("near", FLAT)


def test_nothing_to_optimize_is_refused():
    with pytest.raises(InputError, match="no terms"):
        Objective({})({})


def test_a_loop_of_ones_own():
    picture = torch.rand(1, 3, 4, 5, requires_grad=True)
    Objective.one("near", NEAR)({"deep": picture}).total.backward()
    torch.testing.assert_close(picture.grad, picture.detach() - 1)


@dataclass(frozen=True)
class Highest:
    """A loss that is no sum."""

    tap: str

    def score_whole(self, feature):
        return feature.flatten(1).amax(-1)


def test_a_term_that_is_no_sum_is_given_the_whole_map():
    losses = Objective.one("top", Highest("deep"), 3.0)(FEATURES)
    assert losses.total.item() == 3 * 2 * 2


def test_only_terms_drawn_by_chance_are_redrawn():
    painting, own = torch.rand(1, 3, 4, 5), torch.rand(1, 3, 4, 5)
    sliced = Objective.one("sliced", SlicedWasserstein("t", painting, 1.0, seed=4))
    both = sliced + 0.5 * Objective.one("content", Content("t", painting, 1.0))
    first, second, again = (both.redrawn(step)({"t": own}).terms for step in (0, 1, 0))
    assert first["sliced"] != second["sliced"]
    assert first == again
    assert first["content"] == second["content"]
