"""The only loop: a generator of steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.optimize.box import clamp
from brushwork.optimize.optimizer import Move, Optimizer
from brushwork.optimize.oracle import Canvas, Evaluation, Oracle
from brushwork.optimize.products import WHOLE, Products
from brushwork.types import Evaluate, Image, Losses


def itself(point: Tensor) -> Image:
    """The picture of a point that is one."""
    return point


class Step(NamedTuple):
    """A point of the way. Together with the optimizer's state at this time it is a checkpoint."""

    index: int  # type: ignore[assignment]  # (hides tuple.index, which a step has no use for)
    """Closures (forward and backward passes) spent so far; 1 is the evaluation of the start."""
    losses: Losses
    """At the point, cut from the graph."""
    shown: Tensor
    """The point whose picture is shown: with averaged iterates their average, of which the losses know nothing."""
    point: Tensor
    note: str | None = None
    """What a person should hear: what the guard did."""
    picture: Callable[[Tensor], Image] = itself
    """The canvas: the picture at a point."""

    @property
    def image(self) -> Image:
        """The picture so far, made when it is asked for."""
        return self.picture(self.shown)


def minimize(
    canvas: Canvas,
    evaluate: Evaluate,
    optimizer: Optimizer,
    steps: int,
    *,
    start: Image | None = None,
    point: Tensor | None = None,
    spent: int = 0,
    products: Products = WHOLE,
) -> Iterator[Step]:
    """Walk down from a starting picture, or from a point, within a budget of `steps` closures.

    A line search may spend several closures on one step. The walk ends early where no step leads down.

    To resume, load the optimizer's state and give the `point` and the index (as `spent`) of the step it was saved at.
    That point is evaluated once more, neither counted nor yielded, and all later steps are those of the unbroken run.

    Where each machine has a piece of the point, `products` are theirs together, as the optimizer's own are.

    Raises: InputError: not exactly one of `start` and `point`, a budget under 1, or a start whose loss is not finite.
    """
    if steps < 1 or spent < 0:
        raise InputError(f"{steps} steps were asked for after {spent}: give 1 step or more, and 0 spent or more.")
    return _walk(Oracle(canvas, evaluate, steps, spent, products), optimizer, _first(canvas, start, point))


def _first(canvas: Canvas, start: Image | None, point: Tensor | None) -> Tensor:
    """A copy of the start, inside the bounds."""
    if start is not None and point is None:
        point = canvas.point(start)
    elif point is None or start is not None:
        raise InputError("the walk needs a place to start: give either a starting picture or a point, not both.")
    return clamp(point.detach().clone(memory_format=torch.contiguous_format), canvas.bounds)


def _walk(oracle: Oracle, optimizer: Optimizer, point: Tensor) -> Iterator[Step]:
    if not oracle.left:
        return
    resumed = oracle.spent > 0
    here = oracle.again(point) if resumed else oracle(point)
    if not oracle.finite(here):
        raise InputError(_what_is_wrong(here))
    if not resumed:
        yield _step(Move(point, here), oracle)
    while oracle.left:
        move = optimizer.step(point, here, oracle)
        if move is None:
            return
        point, here = move.point, move.evaluation
        yield _step(move, oracle)


def _step(move: Move, oracle: Oracle) -> Step:
    shown = move.point if move.shown is None else move.shown
    return Step(oracle.spent, move.evaluation.losses, shown, move.point, move.note, oracle.image)


def _what_is_wrong(start: Evaluation) -> str:
    wrong = [name for name, value in start.losses.terms.items() if not value.isfinite()]
    what = f"the loss of {', '.join(wrong)}" if wrong else "the loss or its gradient"
    return f"{what} is not finite at the starting picture: check that picture, the targets and the weights."
