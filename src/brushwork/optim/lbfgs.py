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
from brushwork.optim.optimizer import Closure, Evaluation, StepResult, get_entry, to_tensor
from brushwork.optim.preconditioner import OctavePreconditioner, pair_in_float32
from brushwork.optim.reductions import WHOLE, Reductions
from brushwork.types import State

TRIALS = 20
"""Closures that one line search may take."""
NOISE = 8
"""By how many roundings a loss, a long sum, may be off: 1e-6 of it in float32, the tolerance of Hager & Zhang 2005."""

DOUBLED = 5
"""So often steps become twice as long, while none tells of curvature."""


class SearchDirection(NamedTuple):
    """A direction, how far to go along it at first, and ⟨direction, gradient⟩."""

    direction: Tensor
    step_length: float
    slope: float


class LBFGS:
    """x ← x + t·d,  d = −H·gradient;  t = lr, but min(1, 1/‖gradient‖₁)·lr for the first step.

    Without `line_search` every step is one closure, and the iterates are those of torch.optim.LBFGS. With it t
    satisfies the strong Wolfe conditions. On a canvas with bounds (better searched), directions leave out the entries
    that the bounds hold back, and points are clamped. It ends early where the gradient is 0, or no lower loss is found
    straight down.

    The published rules suit losses of 1e4 and more: under one that is a mean over pixels, the first step is rounded
    away, and no pair has the curvature. With `first_move`, how far the numbers move on average in the first step (twice
    as far in each that follows, while none tells of curvature), and `min_curvature=0` the walk depends neither on the
    scale of the loss nor on the unit of the canvas.

    Early on, pairs from small steps may tell of less curvature than there is farther off, and the step that follows
    is far too long. Unless it is searched, `largest_move` limits it: how far the numbers move on average, at most.

    With `preconditioner`, pairs are completed by one curvature for each octave of frequencies of a picture, instead of
    one for all; the vectors must be here as a whole.

    Raises: InputError: an option out of range.

    Source: Liu & Nocedal 1989; step rule and defaults: torch/optim lbfgs.lua.

    Differs: a direction that does not lead down drops the memory instead of ending the run. The tolerances of
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
            raise InputError(f"the history of L-BFGS is {history}: it must remember 1 pair or more.")
        if not 0 < lr < inf:
            raise InputError(f"the learning rate of L-BFGS is {lr}: give a positive number; 1 is usual.")
        for name, move in {"first": initial_step, "largest": max_step}.items():
            if move is not None and not 0 < move < inf:
                raise InputError(f"the {name} move of L-BFGS is {move}: give a positive number, or None.")
        self.lr, self.searching, self.products = lr, line_search, reductions
        self.first_move, self.largest_move = initial_step, max_step
        self._pairs = CurvaturePairs(
            history, min_curvature, reductions, storage, OctavePreconditioner() if preconditioner else None
        )
        self._moved, self._carried = 0, False

    @torch.no_grad()
    def step(self, point: Tensor, current: Evaluation, closure: Closure) -> StepResult | None:
        """One step, or None where the bounds and the gradient leave nothing to gain."""
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
        room = free_mask(point, gradient, bounds)
        gradient = torch.where(room, gradient, 0)
        direction = self._pairs.direction(gradient).mul_(room)
        # What the bounds cut off counts: the route is the straight line to the clamped point.
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
        """At which the numbers move so far on average."""
        return move * self.products.numel(direction) / (self.products.absolute_sum(direction) or 1.0)

    def _probe(self, point: Tensor, here: Evaluation, closure: Closure, route: SearchDirection) -> StepResult | None:
        """The first step with pairs from another size: if it does not lead down, they do not hold here."""
        self._carried = False
        move = self._stride(point, closure, route)
        if move.evaluation.loss < here.loss:
            return self._learn(route, route.step_length, here, move, closure.bounds)
        self.reset()
        return self.step(point, here, closure) if closure.remaining else None

    def _stride(self, point: Tensor, closure: Closure, route: SearchDirection) -> StepResult:
        """The plain step."""
        there = clamp(point.add(route.direction, alpha=route.step_length), closure.bounds)
        return StepResult(there, closure(there))

    def _walk(self, point: Tensor, here: Evaluation, closure: Closure, route: SearchDirection) -> StepResult | None:
        """The searched step."""
        found = self._search(point, here, closure, route)
        if not (found.result and found.is_finite) and closure.remaining and len(self._pairs):
            self.reset()
            return self.step(point, here, closure)
        return found.result and self._learn(route, found.length, here, found.result, closure.bounds)

    def _search(self, point: Tensor, here: Evaluation, closure: Closure, route: SearchDirection) -> LineSearchTrial:
        def attempt(length: float) -> LineSearchTrial:
            there = clamp(point.add(route.direction, alpha=length), closure.bounds)
            seen = closure(there)
            return LineSearchTrial(
                length, seen.loss, self.products.dot(seen.gradient, route.direction), StepResult(there, seen)
            )

        longest = max_step_within(point, route.direction, closure.bounds, self.products)
        noise = NOISE * torch.finfo(point.dtype).eps * abs(here.loss)
        start, limit = LineSearchTrial(0.0, here.loss, route.slope), min(TRIALS, closure.remaining)
        return search_wolfe(attempt, start, min(route.step_length, longest), limit, longest=longest, noise=noise)

    def _learn(
        self, route: SearchDirection, length: float, here: Evaluation, move: StepResult, bounds: Bounds | None
    ) -> StepResult:
        """Remember a step, and make it."""
        self._moved += 1
        change = (here.gradient, move.evaluation.gradient)
        self._pairs.update(route.direction, length, change, moving_only=bounds is not None)
        return move

    def state(self) -> State:
        """The pairs, oldest first, the steps made, whether the pairs come from another size, and the search."""
        flags = {"moved": self._moved, "carried": self._carried, "searching": self.searching}
        state = {f"lbfgs.{name}": to_tensor(value) for name, value in flags.items()}
        for index, (s, y) in enumerate(self._pairs.export()):
            state |= {f"lbfgs.s.{index}": s, f"lbfgs.y.{index}": y}
        return state

    def load(self, state: State) -> None:
        """Take up a saved state."""
        carried, searching = (bool(get_entry(state, f"lbfgs.{name}")) for name in ("carried", "searching"))
        self._pairs.clear()
        for index in range(sum(name.startswith("lbfgs.s.") for name in state)):
            self._pairs.add(get_entry(state, f"lbfgs.s.{index}"), get_entry(state, f"lbfgs.y.{index}"))
        self._moved, self._carried, self.searching = int(get_entry(state, "lbfgs.moved")), carried, searching

    def reset(self) -> None:
        """Drop the pairs: the next step is a first step."""
        self._pairs.clear()
        self._moved, self._carried = 0, False

    def back_off(self) -> str:
        """Search along every direction from now on."""
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
