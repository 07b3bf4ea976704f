"""L-BFGS: quasi-Newton steps from the last few pairs of displacement and gradient change."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import NamedTuple

import torch
from torch import Tensor

from brushwork.choices import HistoryStorage
from brushwork.errors import InputError
from brushwork.optim.bounds import Bounds, clamp, free_mask, max_step_within
from brushwork.optim.closure import Closure, Evaluation
from brushwork.optim.curvature_pairs import CurvaturePairs, pair_in_float32
from brushwork.optim.line_search import LineSearchTrial, search_wolfe
from brushwork.optim.optimizer import StepResult
from brushwork.optim.preconditioner import OctavePreconditioner
from brushwork.optim.reductions import WHOLE, Reductions
from brushwork.optim.saved_state import get_count, get_entry, get_number, to_tensor
from brushwork.types import State

TRIALS = 20
"""Largest number of evaluations in one line search."""
NOISE = 8
"""Rounding error of a loss (a long sum), in units of eps.

In float32 it is 1e-6 of the loss, the tolerance of Hager & Zhang 2005.
"""

DOUBLED = 5
"""Largest number of times that the step is doubled while no pair has been accepted."""


class SearchDirection(NamedTuple):
    """A search direction, its initial step length, and ⟨direction, gradient⟩."""

    direction: Tensor
    step_length: float
    slope: float


class LBFGS:
    """L-BFGS, x ← x + t·d with d = −H·gradient; t = lr, but min(1, 1/‖gradient‖₁)·lr in the first step.

    Without `line_search` every step is one evaluation, and the iterates are those of torch.optim.LBFGS. With it, t
    satisfies the strong Wolfe conditions. With a bounded parametrization (where a line search works better), directions
    leave out the entries held by the bounds, and points are clamped. The run ends early if the gradient is 0, or if it
    finds no lower loss along the negative gradient.

    The published rules suit losses of 1e4 and more. If the loss is a mean over pixels, the first step is rounded away,
    and no pair reaches `min_curvature`. `initial_step` is the mean change of the entries in the first step, doubled in
    each further step while no pair has been accepted. With it and `min_curvature=0`, the iterates depend neither on the
    scale of the loss nor on the unit of the parametrization.

    Early on, pairs from small steps may show less curvature than there is farther away, and the next step is far too
    long. Without a line search, `max_step` limits the mean change of the entries in a step.

    With `preconditioner`, H₀ has one curvature for each octave of an image's frequencies, instead of one for all; the
    vectors must be complete on this process.

    Raises: InputError: an option out of range.

    Source: Liu & Nocedal 1989; torch/optim lbfgs.lua for the step rule and the defaults.
    Differs: if a direction is not a descent direction, the pairs are dropped and the run goes on. There are none of the
    tolerances of torch.optim.LBFGS, which depend on the scale of the loss.
    """

    def __init__(
        self,
        *,
        history: int = 100,
        lr: float = 1.0,
        line_search: bool = False,
        min_curvature: float = 1e-10,
        initial_step: float | None = None,
        max_step: float | None = None,
        reductions: Reductions = WHOLE,
        storage: HistoryStorage = "full",
        preconditioner: bool = False,
    ) -> None:
        if history < 1:
            raise InputError(f"the history of L-BFGS is {history}: it must be 1 or more.")
        if not 0 < lr < inf:
            raise InputError(f"the learning rate of L-BFGS is {lr}: give a positive number; 1 is usual.")
        for name, step in {"first": initial_step, "largest": max_step}.items():
            if step is not None and not 0 < step < inf:
                raise InputError(f"the {name} step of L-BFGS is {step}: give a positive number, or None.")
        self.lr, self.line_search, self.reductions = lr, line_search, reductions
        self.initial_step, self.max_step = initial_step, max_step
        self._pairs = CurvaturePairs(
            history, min_curvature, reductions, storage, OctavePreconditioner() if preconditioner else None
        )
        self._steps, self._carried = 0, False

    @torch.no_grad()
    def step(self, point: Tensor, current: Evaluation, closure: Closure) -> StepResult | None:
        """Take one step, or return None if the bounds and the gradient leave nothing to gain."""
        search = self._search_direction(point, current.gradient, closure.bounds)
        if not search.slope < 0 and self._steps:
            self.reset()
            search = self._search_direction(point, current.gradient, closure.bounds)
        if not search.slope < 0:
            return None
        if self._carried:
            return self._try_carried_pairs(point, current, closure, search)
        if self.line_search:
            return self._step_with_line_search(point, current, closure, search)
        return self._store_pair(
            search, search.step_length, current, self._fixed_step(point, closure, search), closure.bounds
        )

    def _search_direction(self, point: Tensor, gradient: Tensor, bounds: Bounds | None) -> SearchDirection:
        if bounds is None:
            direction = self._pairs.direction(gradient)
            return SearchDirection(
                direction, self._length(direction, gradient), self.reductions.dot(direction, gradient)
            )
        free = free_mask(point, gradient, bounds)
        gradient = torch.where(free, gradient, 0)
        direction = self._pairs.direction(gradient).mul_(free)
        # Clamping changes the direction: the step is the straight line to the clamped point.
        length = self._length(direction, gradient)
        direction = clamp(point.add(direction, alpha=length), bounds).sub_(point)
        return SearchDirection(direction, 1.0, self.reductions.dot(direction, gradient))

    def _length(self, direction: Tensor, gradient: Tensor) -> float:
        if self.initial_step is not None and not len(self._pairs):
            return self._length_of(self.initial_step * 2 ** min(self._steps, DOUBLED), gradient)
        if not self._steps:
            return self.lr / max(1.0, self.reductions.absolute_sum(gradient))
        if self.line_search or self.max_step is None:
            return self.lr
        return min(self.lr, self._length_of(self.max_step, direction))

    def _length_of(self, change: float, direction: Tensor) -> float:
        """Return the step length at which the mean change of the entries is `change`."""
        return change * self.reductions.numel(direction) / (self.reductions.absolute_sum(direction) or 1.0)

    def _try_carried_pairs(
        self, point: Tensor, here: Evaluation, closure: Closure, search: SearchDirection
    ) -> StepResult | None:
        """Try the first step with pairs from another size; drop the pairs if the loss does not decrease."""
        self._carried = False
        result = self._fixed_step(point, closure, search)
        if result.evaluation.loss < here.loss:
            return self._store_pair(search, search.step_length, here, result, closure.bounds)
        self.reset()
        return self.step(point, here, closure) if closure.remaining else None

    def _fixed_step(self, point: Tensor, closure: Closure, search: SearchDirection) -> StepResult:
        """Take a step without a line search."""
        there = clamp(point.add(search.direction, alpha=search.step_length), closure.bounds)
        return StepResult(there, closure(there))

    def _step_with_line_search(
        self, point: Tensor, here: Evaluation, closure: Closure, search: SearchDirection
    ) -> StepResult | None:
        """Take a step with a line search."""
        found = self._search(point, here, closure, search)
        if not (found.result and found.is_finite) and closure.remaining and len(self._pairs):
            self.reset()
            return self.step(point, here, closure)
        return found.result and self._store_pair(search, found.length, here, found.result, closure.bounds)

    def _search(self, point: Tensor, here: Evaluation, closure: Closure, search: SearchDirection) -> LineSearchTrial:
        def attempt(length: float) -> LineSearchTrial:
            there = clamp(point.add(search.direction, alpha=length), closure.bounds)
            evaluation = closure(there)
            return LineSearchTrial(
                length,
                evaluation.loss,
                self.reductions.dot(evaluation.gradient, search.direction),
                StepResult(there, evaluation),
            )

        longest = max_step_within(point, search.direction, closure.bounds, self.reductions)
        noise = NOISE * torch.finfo(point.dtype).eps * abs(here.loss)
        start, limit = LineSearchTrial(0.0, here.loss, search.slope), min(TRIALS, closure.remaining)
        return search_wolfe(attempt, start, min(search.step_length, longest), limit, longest=longest, noise=noise)

    def _store_pair(
        self, search: SearchDirection, length: float, here: Evaluation, result: StepResult, bounds: Bounds | None
    ) -> StepResult:
        """Add the curvature pair of a step, and return the step."""
        self._steps += 1
        change = (here.gradient, result.evaluation.gradient)
        self._pairs.update(search.direction, length, change, moving_only=bounds is not None)
        return result

    def state(self) -> State:
        """Return the pairs, oldest first, and the flags.

        The flags are the number of steps, whether the pairs come from another size, and whether steps use a line
        search.
        """
        flags = {"moved": self._steps, "carried": self._carried, "searching": self.line_search}
        state = {f"lbfgs.{name}": to_tensor(value) for name, value in flags.items()}
        for index, (s, y) in enumerate(self._pairs.export()):
            state |= {f"lbfgs.s.{index}": s, f"lbfgs.y.{index}": y}
        return state

    def load(self, state: State) -> None:
        """Restore a saved state."""
        carried, line_search = (bool(get_number(state, f"lbfgs.{name}")) for name in ("carried", "searching"))
        self._pairs.clear()
        for index in range(sum(name.startswith("lbfgs.s.") for name in state)):
            self._pairs.add(get_entry(state, f"lbfgs.s.{index}"), get_entry(state, f"lbfgs.y.{index}"))
        self._steps, self._carried, self.line_search = get_count(state, "lbfgs.moved"), carried, line_search

    def reset(self) -> None:
        """Drop the pairs, so that the next step is a first step."""
        self._pairs.clear()
        self._steps, self._carried = 0, False

    def back_off(self) -> str:
        """Use a line search in all further steps."""
        self.line_search = True
        return "with a line search"

    def rescale(self, resize: Callable[[Tensor], Tensor], gradient: float) -> None:
        """Resize the pairs, and keep those whose curvature is still positive."""
        pairs = self._pairs.export()
        self._pairs.clear()
        for s, y in map(pair_in_float32, pairs):
            self._pairs.add(resize(s), resize(y) * gradient)
        self._carried = len(self._pairs) > 0
        self._steps = int(self._carried)
