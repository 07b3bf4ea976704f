"""The optimization loop, and the transition from one image size to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.optim.bounds import clamp
from brushwork.optim.closure import Closure, Evaluation
from brushwork.optim.optimizer import Optimizer, StepResult
from brushwork.optim.parametrization import Parametrization
from brushwork.optim.reductions import WHOLE, Reductions
from brushwork.types import Evaluate, Image, LossValues


def identity(point: Tensor) -> Image:
    """Return the point itself as its image."""
    return point


class OptimizationStep(NamedTuple):
    """A point of the optimization. Together with the optimizer's state at that time, it is a checkpoint."""

    index: int  # type: ignore[assignment]  # (hides tuple.index, which a step does not need)
    """Number of evaluations (forward and backward passes) so far; 1 is that of the start."""
    losses: LossValues
    """Losses at the point, detached from the graph."""
    displayed: Tensor
    """The point to display: if iterates are averaged, their average. The losses are not those of the average."""
    point: Tensor
    note: str | None = None
    """Message for the user, such as a report of the divergence guard."""
    to_image: Callable[[Tensor], Image] = identity
    """Function from a point to its image."""

    @property
    def image(self) -> Image:
        """The current image, computed on access."""
        return self.to_image(self.displayed)


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
    """Minimize from a starting image or point, within `max_evaluations` evaluations, and yield each step.

    A line search may spend several evaluations on one step. The run ends early if no step lowers the loss, or if the
    budget runs out within a line search.

    To resume, load the optimizer's state and pass the `point` and the index (as `evaluations`) of the step at which it
    was saved. That point is evaluated once more, neither counted nor yielded, and all later steps equal those of an
    uninterrupted run.

    If each process holds a part of the point, `reductions` combine the parts, as in the optimizer.

    Raises: InputError: not exactly one of `init` and `point`, a budget under 1, or a start whose loss is not finite.
    """
    if max_evaluations < 1 or evaluations < 0:
        raise InputError(
            f"max_evaluations is {max_evaluations} and evaluations is {evaluations}: they must be at least 1 and 0."
        )
    return _steps(
        Closure(parametrization, evaluate, max_evaluations, evaluations, reductions),
        optimizer,
        _first(parametrization, init, point),
    )


def _first(parametrization: Parametrization, init: Image | None, point: Tensor | None) -> Tensor:
    """Return a copy of the start, inside the bounds."""
    if init is not None and point is None:
        point = parametrization.to_point(init)
    elif point is None or init is not None:
        raise InputError("give either an initial image or a point to resume from, not both.")
    return clamp(point.detach().clone(memory_format=torch.contiguous_format), parametrization.bounds)


def _steps(closure: Closure, optimizer: Optimizer, point: Tensor) -> Iterator[OptimizationStep]:
    if not closure.remaining:
        return
    resumed = closure.evaluations > 0
    here = closure.reevaluate(point) if resumed else closure(point)
    if not closure.is_finite(here):
        raise InputError(_what_is_wrong(here))
    if not resumed:
        yield _step(StepResult(point, here), closure)
    while closure.remaining:
        result = optimizer.step(point, here, closure)
        if result is None:
            return
        point, here = result.point, result.evaluation
        yield _step(result, closure)


def _step(result: StepResult, closure: Closure) -> OptimizationStep:
    displayed = result.point if result.average is None else result.average
    return OptimizationStep(
        closure.evaluations, result.evaluation.losses, displayed, result.point, result.note, closure.to_image
    )


def _what_is_wrong(init: Evaluation) -> str:
    wrong = [name for name, value in init.losses.terms.items() if not value.isfinite()]
    what = f"the loss of {', '.join(wrong)}" if wrong else "the loss or its gradient"
    return f"{what} is not finite at the initial image: check that image, the targets and the weights."


def move_to_next_level(
    parametrization: Parametrization,
    optimizer: Optimizer,
    image: Image,
    *,
    resize: Callable[[Tensor], Tensor],
    gradient: float,
    detail: Image | None = None,
) -> Tensor:
    """Resize the optimizer's state for the next image size, and return the starting point.

    The start is the resized image, plus `detail`.

    `gradient` is the factor by which a gradient's entries change with the size: old area / new area for losses that are
    means over the image, 1 for sums over pixels.
    """
    optimizer.rescale(resize, gradient)
    resized = resize(image)
    return parametrization.to_point(resized if detail is None else resized + detail)
