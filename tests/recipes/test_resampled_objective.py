from __future__ import annotations

import pytest
import torch

from brushwork.losses import MeanStdLoss, SlicedWassersteinLoss
from brushwork.objective import Objective
from brushwork.recipes.multiscale import OUTER_STEP, ResampledObjective, with_resampling

FEATURE = torch.rand(1, 4, 6, 6, generator=torch.Generator().manual_seed(0))


def test_nothing_drawn_by_chance_is_one_function():
    plain = Objective.single("plain", MeanStdLoss("pixels", torch.zeros(1, 3), torch.ones(1, 3), 1.0))
    seen = []
    assert with_resampling(plain, seen.append) is None
    assert seen == [plain]


def test_an_outer_step_has_one_function_by_its_number_alone():
    drawn = with_resampling(
        Objective.single("sliced", SlicedWassersteinLoss("pixels", FEATURE, 1.0, seed=3)), lambda one: one
    )
    assert isinstance(drawn, ResampledObjective)

    def value(spent):
        (weighted,) = drawn.outer_step(spent, 100)[0].losses.values()
        return float(weighted.loss.score_whole(FEATURE.flip(-1).square()))

    assert value(0) == value(OUTER_STEP - 1)
    assert value(OUTER_STEP) == value(2 * OUTER_STEP - 1) != value(0)


@pytest.mark.parametrize(("spent", "end"), [(0, 10), (9, 10), (10, 20), (20, 25), (24, 25)])
def test_an_outer_step_ends_in_time(spent, end):
    assert ResampledObjective(lambda step: step, every=10).outer_step(spent, 25) == (spent // 10, end)
