"""The optimization loop, and its repetition from coarse to fine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.images.resample import resize as resize_picture
from brushwork.optim.bounds import clamp
from brushwork.optim.optimizer import Closure, Evaluation, Optimizer, StepResult
from brushwork.optim.parametrization import Parametrization
from brushwork.optim.reductions import WHOLE, Reductions
from brushwork.types import Evaluate, Image, LossValues

Resize: TypeAlias = Callable[[Tensor, Size], Tensor]


def identity(point: Tensor) -> Image:
    """The picture of a point that is one."""
    return point


class OptimizationStep(NamedTuple):
    """A point of the way. Together with the optimizer's state at this time it is a checkpoint."""

    index: int  # type: ignore[assignment]  # (hides tuple.index, which a step has no use for)
    """Closures (forward and backward passes) spent so far; 1 is the evaluation of the start."""
    losses: LossValues
    """At the point, cut from the graph."""
    parameters: Tensor
    """The point whose picture is shown: with averaged iterates their average, of which the losses know nothing."""
    point: Tensor
    note: str | None = None
    """What a person should hear: what the guard did."""
    to_image: Callable[[Tensor], Image] = identity
    """The canvas: the picture at a point."""

    @property
    def image(self) -> Image:
        """The picture so far, made when it is asked for."""
        return self.to_image(self.parameters)


def minimize(
    parametrization: Parametrization,
    evaluate: Evaluate,
    optimizer: Optimizer,
    max_evaluations: int,
    *,
    init: Image | None = None,
    point: Tensor | None = None,
    evaluations: int = 0,
    reductions: Reductions = WHOLE,
) -> Iterator[OptimizationStep]:
    """Walk down from a starting picture, or from a point, within a budget of `max_evaluations` closures.

    A line search may spend several closures on one step. The walk ends early where no step leads down.

    To resume, load the optimizer's state and give the `point` and the index (as `evaluations`) of the step it was saved
    at. That point is evaluated once more, neither counted nor yielded, and all later steps are those of the unbroken
    run.

    Where each machine has a piece of the point, `reductions` are theirs together, as the optimizer's own are.

    Raises: InputError: not exactly one of `init` and `point`, a budget under 1, or a start whose loss is not finite.
    """
    if max_evaluations < 1 or evaluations < 0:
        raise InputError(
            f"{max_evaluations} steps were asked for after {evaluations}: give 1 step or more, and 0 spent or more."
        )
    return _walk(
        Closure(parametrization, evaluate, max_evaluations, evaluations, reductions),
        optimizer,
        _first(parametrization, init, point),
    )


def _first(parametrization: Parametrization, init: Image | None, point: Tensor | None) -> Tensor:
    """A copy of the start, inside the bounds."""
    if init is not None and point is None:
        point = parametrization.to_point(init)
    elif point is None or init is not None:
        raise InputError("the walk needs a place to start: give either a starting picture or a point, not both.")
    return clamp(point.detach().clone(memory_format=torch.contiguous_format), parametrization.bounds)


def _walk(closure: Closure, optimizer: Optimizer, point: Tensor) -> Iterator[OptimizationStep]:
    if not closure.remaining:
        return
    resumed = closure.evaluations > 0
    here = closure.reevaluate(point) if resumed else closure(point)
    if not closure.is_finite(here):
        raise InputError(_what_is_wrong(here))
    if not resumed:
        yield _step(StepResult(point, here), closure)
    while closure.remaining:
        move = optimizer.step(point, here, closure)
        if move is None:
            return
        point, here = move.point, move.evaluation
        yield _step(move, closure)


def _step(move: StepResult, closure: Closure) -> OptimizationStep:
    shown = move.point if move.average is None else move.average
    return OptimizationStep(closure.evaluations, move.evaluation.losses, shown, move.point, move.note, closure.to_image)


def _what_is_wrong(init: Evaluation) -> str:
    wrong = [name for name, value in init.losses.terms.items() if not value.isfinite()]
    what = f"the loss of {', '.join(wrong)}" if wrong else "the loss or its gradient"
    return f"{what} is not finite at the starting picture: check that picture, the targets and the weights."


def move_to_next_level(
    parametrization: Parametrization,
    optimizer: Optimizer,
    image: Image,
    size: Size,
    *,
    gradient: float | None = None,
    resize: Resize = resize_picture,
) -> Tensor:
    """Carry the optimizer's state to the next size, and return the point to go on from: the resized picture.

    `gradient` is by what factor the entries of a gradient change with the size. None: old area / new area, right for
    losses that are means over the picture; a loss that sums over pixels wants 1.
    """
    share = Size.of(image).area / size.area if gradient is None else gradient
    optimizer.rescale(lambda memory: resize(memory, size), share)
    return parametrization.to_point(resize(image, size))
