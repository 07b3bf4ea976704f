from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from brushwork.images.geometry import Size
from brushwork.losses import MeanStdLoss, SlicedWassersteinLoss
from brushwork.objective import Objective
from brushwork.options import ScheduleLevel
from brushwork.recipes import load_preset
from brushwork.recipes.multiscale import OUTER_STEP, ResampledObjective, optimize_multiscale, with_resampling
from brushwork.types import LossValues

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


class RuggedObjective:
    """A function of an image with many valleys, another one at each outer step; some evaluations are infinite."""

    def __init__(self, bad=()):
        self.bad, self.count = bad, 0

    def draw(self, step):
        target = 0.4 + 0.2 * torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(step))
        return lambda image: self.evaluate(image, target)

    def evaluate(self, image, target):
        self.count += 1
        loss = (torch.logspace(-3, 3, 16) * (image - target).square()).mean() + 0.05 * (40 * image).sin().mean()
        loss = loss * torch.inf if self.count in self.bad else loss
        loss.backward()
        return LossValues(loss.detach(), {"waves": loss.detach()})

    def optimize(self, options, iterations):
        start, schedule = torch.full((1, 3, 16, 16), 0.5), [ScheduleLevel(Size(16, 16), iterations)]
        return list(optimize_multiscale(schedule, lambda _: ResampledObjective(self.draw), start, options))


def test_a_line_search_at_the_end_of_an_outer_step_does_not_end_the_level():
    """Of each outer step, some evaluations at the end may find no lower loss; the next one is another function."""
    options = replace(load_preset("default"), line_search=True, history=10)
    found = RuggedObjective().optimize(options, 60)
    assert any(step.iterations % OUTER_STEP for step in found)
    assert found[-1].iterations > 60 - OUTER_STEP


@pytest.mark.parametrize("bad", [OUTER_STEP, OUTER_STEP + 5])
def test_a_divergence_does_not_end_the_level(bad):
    """After the last evaluation of an outer step, the best image is evaluated once more without being counted."""
    found = RuggedObjective({bad}).optimize(replace(load_preset("default"), line_search=False), 60)
    assert found[-1].iterations > 60 - OUTER_STEP
    assert [step.step.note[:13] for step in found if step.step.note] == ["the loss beca"]
