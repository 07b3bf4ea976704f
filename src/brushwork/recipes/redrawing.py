"""Losses that are drawn by chance, and drawn anew at every outer step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from brushwork.objective import Objective
from brushwork.terms.term import StochasticLoss
from brushwork.types import Evaluate

OUTER_STEP = 10
"""Closures of one function: enough for L-BFGS to learn its curvature, few enough that no direction is overlooked."""


@dataclass(frozen=True)
class ResampledObjective:
    """An evaluation that is another function from one outer step to the next."""

    draw: Callable[[int], Evaluate]
    """The evaluation of an outer step, by its number alone: a painting that is resumed sees the same ones."""
    every: int = OUTER_STEP
    """Closures of an outer step."""

    def outer_step(self, iterations: int, closures: int) -> tuple[Evaluate, int]:
        """The evaluation after so many closures, and how many will be spent when it ends."""
        step = iterations // self.every
        return self.draw(step), min(closures, (step + 1) * self.every)


def with_resampling(objective: Objective, evaluate: Callable[[Objective], Evaluate]) -> Evaluate | ResampledObjective:
    """The evaluation of an objective; drawn anew at every outer step, where some of it is drawn by chance."""
    if not any(isinstance(weighted.loss, StochasticLoss) for weighted in objective.losses.values()):
        return evaluate(objective)
    return ResampledObjective(lambda step: evaluate(objective.resample(step)))
