from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch

from brushwork.errors import InputError
from brushwork.losses.content import ContentLoss
from brushwork.losses.distribution import SlicedWassersteinLoss
from brushwork.losses.total_variation import TotalVariationLoss
from brushwork.objective import Objective

FEATURES = {"deep": torch.full((2, 3, 4, 5), 2.0), "pixels": torch.zeros(2, 3, 8, 10)}
NEAR = ContentLoss("deep", torch.ones(1, 3, 4, 5), 0.5)
FLAT = TotalVariationLoss(2, 1.0, 1.0)
CELLS = 3 * 4 * 5


def test_losses_are_weighted_named_and_summed_over_the_batch():
    losses = (3 * Objective.single("near", NEAR, 2.0) + Objective.single("flat", FLAT))(FEATURES)
    assert losses.terms.keys() == {"near", "flat"}
    assert losses.terms["near"].item() == 3 * 2 * 0.5 * CELLS * 2
    assert losses.terms["flat"].item() == 0
    assert losses.total.item() == losses.terms["near"].item()


def test_a_number_scales_from_both_sides():
    one = Objective.single("near", NEAR, 2.0)
    assert (one * 3).losses == (3 * one).losses


def test_sums_and_products_leave_their_parts_alone():
    one, other = Objective.single("near", NEAR), Objective.single("flat", FLAT)
    _ = 5 * (one + other)
    assert one.losses["near"].weight == 1
    assert other.losses.keys() == {"flat"}


def test_layers_are_listed_once_in_order():
    both = Objective.single("flat", FLAT) + Objective.single("near", NEAR) + Objective.single("again", NEAR)
    assert both.layers == ("pixels", "deep")


def test_two_terms_of_one_name_are_refused():
    with pytest.raises(InputError, match="two terms have the name 'near'"):
        Objective.single("near", NEAR) + Objective.single("near", FLAT)


def test_nothing_to_optimize_is_refused():
    with pytest.raises(InputError, match="no terms"):
        Objective({})({})


def test_a_loop_of_ones_own():
    picture = torch.rand(1, 3, 4, 5, requires_grad=True)
    Objective.single("near", NEAR)({"deep": picture}).total.backward()
    torch.testing.assert_close(picture.grad, picture.detach() - 1)


@dataclass(frozen=True)
class MaxLoss:
    """A loss that is not additive."""

    layer: str

    def score_whole(self, feature):
        return feature.flatten(1).amax(-1)


def test_a_term_that_is_no_sum_is_given_the_whole_map():
    losses = Objective.single("top", MaxLoss("deep"), 3.0)(FEATURES)
    assert losses.total.item() == 3 * 2 * 2


def test_only_terms_drawn_by_chance_are_redrawn():
    painting, own = torch.rand(1, 3, 4, 5), torch.rand(1, 3, 4, 5)
    sliced = Objective.single("sliced", SlicedWassersteinLoss("t", painting, 1.0, seed=4))
    both = sliced + 0.5 * Objective.single("content", ContentLoss("t", painting, 1.0))
    first, second, again = (both.resample(step)({"t": own}).terms for step in (0, 1, 0))
    assert first["sliced"] != second["sliced"]
    assert first == again
    assert first["content"] == second["content"]
