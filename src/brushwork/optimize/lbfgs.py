"""L-BFGS: quasi-Newton steps from the last few pairs of displacement and gradient change."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import NamedTuple

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.optimize.box import Bounds, clamp, free, longest_stay
from brushwork.optimize.octaves import Octaves
from brushwork.optimize.optimizer import Move
from brushwork.optimize.oracle import Evaluation, Oracle
from brushwork.optimize.pair import in_full
from brushwork.optimize.pairs import Pairs
from brushwork.optimize.products import WHOLE, Products
from brushwork.optimize.shelf import Storage
from brushwork.optimize.state import number, recall
from brushwork.optimize.wolfe import Trial, search
from brushwork.types import State

TRIALS = 20
"""Closures that one line search may take."""
NOISE = 8
"""By how many roundings a loss, a long sum, may be off: 1e-6 of it in float32, the tolerance of Hager & Zhang 2005."""

DOUBLED = 5
"""So often steps become twice as long, while none tells of curvature."""


class Route(NamedTuple):
    """A direction, how far to go along it at first, and ⟨direction, gradient⟩."""

    direction: Tensor
    length: float
    slope: float


class LBFGS:
    """x ← x + t·d,  d = −H·gradient;  t = lr, but min(1, 1/‖gradient‖₁)·lr for the first step.

    Without `search` every step is one closure, and the iterates are those of torch.optim.LBFGS. With it t satisfies the
    strong Wolfe conditions. On a canvas with bounds (better searched), directions leave out the entries that the bounds
    hold back, and points are clamped. It ends early where the gradient is 0, or no lower loss is found straight down.

    The published rules suit losses of 1e4 and more: under one that is a mean over pixels, the first step is rounded
    away, and no pair has the curvature. With `first_move`, how far the numbers move on average in the first step (twice
    as far in each that follows, while none tells of curvature), and `least_curvature=0` the walk depends neither on the
    scale of the loss nor on the unit of the canvas.

    Early on, pairs from small steps may tell of less curvature than there is farther off, and the step that follows
    is far too long. Unless it is searched, `largest_move` limits it: how far the numbers move on average, at most.

    With `octaves`, pairs are completed by one curvature for each octave of frequencies of a picture, instead of one for
    all; the vectors must be here as a whole.

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
        search: bool = False,
        least_curvature: float = 1e-10,
        first_move: float | None = None,
        largest_move: float | None = None,
        products: Products = WHOLE,
        storage: Storage = "full",
        octaves: bool = False,
    ) -> None:
        if history < 1:
            raise InputError(f"the history of L-BFGS is {history}: it must remember 1 pair or more.")
        if not 0 < lr < inf:
            raise InputError(f"the learning rate of L-BFGS is {lr}: give a positive number; 1 is usual.")
        for name, move in {"first": first_move, "largest": largest_move}.items():
            if move is not None and not 0 < move < inf:
                raise InputError(f"the {name} move of L-BFGS is {move}: give a positive number, or None.")
        self.lr, self.searching, self.products = lr, search, products
        self.first_move, self.largest_move = first_move, largest_move
        self._pairs = Pairs(history, least_curvature, products, storage, Octaves() if octaves else None)
        self._moved, self._carried = 0, False

    @torch.no_grad()
    def step(self, point: Tensor, here: Evaluation, oracle: Oracle) -> Move | None:
        """One step, or None where the bounds and the gradient leave nothing to gain."""
        route = self._route(point, here.gradient, oracle.bounds)
        if not route.slope < 0 and self._moved:
            self.forget()
            route = self._route(point, here.gradient, oracle.bounds)
        if not route.slope < 0:
            return None
        if self._carried:
            return self._probe(point, here, oracle, route)
        if self.searching:
            return self._walk(point, here, oracle, route)
        return self._learn(route, route.length, here, self._stride(point, oracle, route), oracle.bounds)

    def _route(self, point: Tensor, gradient: Tensor, bounds: Bounds | None) -> Route:
        if bounds is None:
            direction = self._pairs.descent(gradient)
            return Route(direction, self._length(direction, gradient), self.products.dot(direction, gradient))
        room = free(point, gradient, bounds)
        gradient = torch.where(room, gradient, 0)
        direction = self._pairs.descent(gradient).mul_(room)
        # What the bounds cut off counts: the route is the straight line to the clamped point.
        length = self._length(direction, gradient)
        direction = clamp(point.add(direction, alpha=length), bounds).sub_(point)
        return Route(direction, 1.0, self.products.dot(direction, gradient))

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

    def _probe(self, point: Tensor, here: Evaluation, oracle: Oracle, route: Route) -> Move | None:
        """The first step with pairs from another size: if it does not lead down, they do not hold here."""
        self._carried = False
        move = self._stride(point, oracle, route)
        if move.evaluation.loss < here.loss:
            return self._learn(route, route.length, here, move, oracle.bounds)
        self.forget()
        return self.step(point, here, oracle) if oracle.left else None

    def _stride(self, point: Tensor, oracle: Oracle, route: Route) -> Move:
        """The plain step."""
        there = clamp(point.add(route.direction, alpha=route.length), oracle.bounds)
        return Move(there, oracle(there))

    def _walk(self, point: Tensor, here: Evaluation, oracle: Oracle, route: Route) -> Move | None:
        """The searched step."""
        found = self._search(point, here, oracle, route)
        if not (found.move and found.finite) and oracle.left and len(self._pairs):
            self.forget()
            return self.step(point, here, oracle)
        return found.move and self._learn(route, found.length, here, found.move, oracle.bounds)

    def _search(self, point: Tensor, here: Evaluation, oracle: Oracle, route: Route) -> Trial:
        def attempt(length: float) -> Trial:
            there = clamp(point.add(route.direction, alpha=length), oracle.bounds)
            seen = oracle(there)
            return Trial(length, seen.loss, self.products.dot(seen.gradient, route.direction), Move(there, seen))

        longest = longest_stay(point, route.direction, oracle.bounds, self.products)
        noise = NOISE * torch.finfo(point.dtype).eps * abs(here.loss)
        start, limit = Trial(0.0, here.loss, route.slope), min(TRIALS, oracle.left)
        return search(attempt, start, min(route.length, longest), limit, longest=longest, noise=noise)

    def _learn(self, route: Route, length: float, here: Evaluation, move: Move, bounds: Bounds | None) -> Move:
        """Remember a step, and make it."""
        self._moved += 1
        change = (here.gradient, move.evaluation.gradient)
        self._pairs.learn(route.direction, length, change, moving_only=bounds is not None)
        return move

    def state(self) -> State:
        """The pairs, oldest first, the steps made, whether the pairs come from another size, and the search."""
        flags = {"moved": self._moved, "carried": self._carried, "searching": self.searching}
        state = {f"lbfgs.{name}": number(value) for name, value in flags.items()}
        for index, (s, y) in enumerate(self._pairs.lend()):
            state |= {f"lbfgs.s.{index}": s, f"lbfgs.y.{index}": y}
        return state

    def load(self, state: State) -> None:
        """Take up a saved state."""
        carried, searching = (bool(recall(state, f"lbfgs.{name}")) for name in ("carried", "searching"))
        self._pairs.clear()
        for index in range(sum(name.startswith("lbfgs.s.") for name in state)):
            self._pairs.add(recall(state, f"lbfgs.s.{index}"), recall(state, f"lbfgs.y.{index}"))
        self._moved, self._carried, self.searching = int(recall(state, "lbfgs.moved")), carried, searching

    def forget(self) -> None:
        """Drop the pairs: the next step is a first step."""
        self._pairs.clear()
        self._moved, self._carried = 0, False

    def careful(self) -> str:
        """Search along every direction from now on."""
        self.searching = True
        return "with a line search"

    def rescale(self, resize: Callable[[Tensor], Tensor], gradient: float) -> None:
        """Resize the pairs, and keep those whose curvature is still positive."""
        pairs = self._pairs.lend()
        self._pairs.clear()
        for s, y in map(in_full, pairs):
            self._pairs.add(resize(s), resize(y) * gradient)
        self._carried = len(self._pairs) > 0
        self._moved = int(self._carried)
