"""L-BFGS: quasi-Newton steps from the last few pairs of displacement and gradient change."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import NamedTuple

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.optim.bounds import Bounds, clamp, free_mask, max_step_within
from brushwork.optim.curvature_pairs import CurvaturePairs, Storage
from brushwork.optim.line_search import LineSearchTrial, search_wolfe
from brushwork.optim.optimizer import Closure, Evaluation, StepResult, get_count, get_entry, get_number, to_tensor
from brushwork.optim.preconditioner import OctavePreconditioner, pair_in_float32
from brushwork.optim.reductions import WHOLE, Reductions
from brushwork.types import State

TRIALS = 20
"""Most evaluations that one line search may take."""
NOISE = 8
"""Rounding error of a loss (a long sum), in units of eps.

In float32 this is 1e-6 of the loss, the tolerance of Hager & Zhang 2005.
"""

DOUBLED = 5
"""Number of times that steps are doubled while no pair has been accepted."""


class SearchDirection(NamedTuple):
    """A search direction, its initial step length, and ⟨direction, gradient⟩."""

    direction: Tensor
    step_length: float
    slope: float


class LBFGS:
    """L-BFGS, x ← x + t·d with d = −H·gradient; t = lr, but min(1, 1/‖gradient‖₁)·lr in the first step.

    Without `line_search` every step is one evaluation, and the iterates are those of torch.optim.LBFGS. With it, t
    satisfies the strong Wolfe conditions. With a bounded parametrization (where a line search works better), directions
    leave out the entries held by the bounds, and points are clamped. The run ends early where the gradient is 0, or no
    lower loss is found along the negative gradient.

    The published rules suit losses of 1e4 and more. If the loss is a mean over pixels, the first step is rounded away,
    and no pair reaches the curvature. With `initial_step`, the mean change of the entries in the first step (doubled in
    each further step while no pair has been accepted), and `min_curvature=0` the iterates depend neither on the scale
    of the loss nor on the unit of the parametrization.

    Early on, pairs from small steps may show less curvature than there is farther away, and the next step is far too
    long. Without a line search, `max_step` limits the mean change of the entries in a step.

    With `preconditioner`, H₀ has one curvature for each octave of an image's frequencies, instead of one for all; the
    vectors must be complete on this process.

    Raises: InputError: an option out of range.

    Source: Liu & Nocedal 1989; step rule and defaults: torch/optim lbfgs.lua.
    Differs: a direction that is not a descent direction drops the memory instead of ending the run. The tolerances of
    torch.optim.LBFGS, which depend on the scale of the loss, do not exist.
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
        storage: Storage = "full",
        preconditioner: bool = False,
    ) -> None:
        if history < 1:
            raise InputError(f"the history of L-BFGS is {history}: it must be 1 or more.")
        if not 0 < lr < inf:
            raise InputError(f"the learning rate of L-BFGS is {lr}: give a positive number; 1 is usual.")
        for name, move in {"first": initial_step, "largest": max_step}.items():
            if move is not None and not 0 < move < inf:
                raise InputError(f"the {name} step of L-BFGS is {move}: give a positive number, or None.")
        self.lr, self.searching, self.products = lr, line_search, reductions
        self.first_move, self.largest_move = initial_step, max_step
        self._pairs = CurvaturePairs(
            history, min_curvature, reductions, storage, OctavePreconditioner() if preconditioner else None
        )
        self._moved, self._carried = 0, False

    @torch.no_grad()
    def step(self, point: Tensor, current: Evaluation, closure: Closure) -> StepResult | None:
        """Make one step, or return None where the bounds and the gradient leave nothing to gain."""
        route = self._route(point, current.gradient, closure.bounds)
        if not route.slope < 0 and self._moved:
            self.reset()
            route = self._route(point, current.gradient, closure.bounds)
        if not route.slope < 0:
            return None
        if self._carried:
            return self._probe(point, current, closure, route)
        if self.searching:
            return self._walk(point, current, closure, route)
        return self._learn(route, route.step_length, current, self._stride(point, closure, route), closure.bounds)

    def _route(self, point: Tensor, gradient: Tensor, bounds: Bounds | None) -> SearchDirection:
        if bounds is None:
            direction = self._pairs.direction(gradient)
            return SearchDirection(direction, self._length(direction, gradient), self.products.dot(direction, gradient))
        free = free_mask(point, gradient, bounds)
        gradient = torch.where(free, gradient, 0)
        direction = self._pairs.direction(gradient).mul_(free)
        # The cut by the bounds counts: the route is the straight line to the clamped point.
        length = self._length(direction, gradient)
        direction = clamp(point.add(direction, alpha=length), bounds).sub_(point)
        return SearchDirection(direction, 1.0, self.products.dot(direction, gradient))

    def _length(self, direction: Tensor, gradient: Tensor) -> float:
        if self.first_move is not None and not len(self._pairs):
            return self._length_of(self.first_move * 2 ** min(self._moved, DOUBLED), gradient)
        if not self._moved:
            return self.lr / max(1.0, self.products.absolute_sum(gradient))
        if self.searching or self.largest_move is None:
            return self.lr
        return min(self.lr, self._length_of(self.largest_move, direction))

    def _length_of(self, move: float, direction: Tensor) -> float:
        """Return the step length at which the mean change of the entries is `move`."""
        return move * self.products.numel(direction) / (self.products.absolute_sum(direction) or 1.0)

    def _probe(self, point: Tensor, here: Evaluation, closure: Closure, route: SearchDirection) -> StepResult | None:
        """Try the first step with pairs from another size; drop the pairs if the loss does not decrease."""
        self._carried = False
        move = self._stride(point, closure, route)
        if move.evaluation.loss < here.loss:
            return self._learn(route, route.step_length, here, move, closure.bounds)
        self.reset()
        return self.step(point, here, closure) if closure.remaining else None

    def _stride(self, point: Tensor, closure: Closure, route: SearchDirection) -> StepResult:
        """Make a step without a line search."""
        there = clamp(point.add(route.direction, alpha=route.step_length), closure.bounds)
        return StepResult(there, closure(there))

    def _walk(self, point: Tensor, here: Evaluation, closure: Closure, route: SearchDirection) -> StepResult | None:
        """Make a step with a line search."""
        found = self._search(point, here, closure, route)
        if not (found.result and found.is_finite) and closure.remaining and len(self._pairs):
            self.reset()
            return self.step(point, here, closure)
        return found.result and self._learn(route, found.length, here, found.result, closure.bounds)

    def _search(self, point: Tensor, here: Evaluation, closure: Closure, route: SearchDirection) -> LineSearchTrial:
        def attempt(length: float) -> LineSearchTrial:
            there = clamp(point.add(route.direction, alpha=length), closure.bounds)
            evaluation = closure(there)
            return LineSearchTrial(
                length,
                evaluation.loss,
                self.products.dot(evaluation.gradient, route.direction),
                StepResult(there, evaluation),
            )

        longest = max_step_within(point, route.direction, closure.bounds, self.products)
        noise = NOISE * torch.finfo(point.dtype).eps * abs(here.loss)
        start, limit = LineSearchTrial(0.0, here.loss, route.slope), min(TRIALS, closure.remaining)
        return search_wolfe(attempt, start, min(route.step_length, longest), limit, longest=longest, noise=noise)

    def _learn(
        self, route: SearchDirection, length: float, here: Evaluation, move: StepResult, bounds: Bounds | None
    ) -> StepResult:
        """Add a step to the pairs, and return it."""
        self._moved += 1
        change = (here.gradient, move.evaluation.gradient)
        self._pairs.update(route.direction, length, change, moving_only=bounds is not None)
        return move

    def state(self) -> State:
        """Return the pairs, oldest first, and the flags.

        The flags are the number of steps, whether the pairs come from another size, and whether steps use a line
        search.
        """
        flags = {"moved": self._moved, "carried": self._carried, "searching": self.searching}
        state = {f"lbfgs.{name}": to_tensor(value) for name, value in flags.items()}
        for index, (s, y) in enumerate(self._pairs.export()):
            state |= {f"lbfgs.s.{index}": s, f"lbfgs.y.{index}": y}
        return state

    def load(self, state: State) -> None:
        """Restore a saved state."""
        carried, searching = (bool(get_number(state, f"lbfgs.{name}")) for name in ("carried", "searching"))
        self._pairs.clear()
        for index in range(sum(name.startswith("lbfgs.s.") for name in state)):
            self._pairs.add(get_entry(state, f"lbfgs.s.{index}"), get_entry(state, f"lbfgs.y.{index}"))
        self._moved, self._carried, self.searching = get_count(state, "lbfgs.moved"), carried, searching

    def reset(self) -> None:
        """Drop the pairs: the next step is a first step."""
        self._pairs.clear()
        self._moved, self._carried = 0, False

    def back_off(self) -> str:
        """Use a line search in all further steps."""
        self.searching = True
        return "with a line search"

    def rescale(self, resize: Callable[[Tensor], Tensor], gradient: float) -> None:
        """Resize the pairs, and keep those whose curvature is still positive."""
        pairs = self._pairs.export()
        self._pairs.clear()
        for s, y in map(pair_in_float32, pairs):
            self._pairs.add(resize(s), resize(y) * gradient)
        self._carried = len(self._pairs) > 0
        self._moved = int(self._carried)
