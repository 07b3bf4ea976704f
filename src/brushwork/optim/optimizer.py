"""Protocol for optimizers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

from torch import Tensor

from brushwork.optim.closure import Closure, Evaluation
from brushwork.types import State


class StepResult(NamedTuple):
    """The point to which an optimizer moved, and its evaluation."""

    point: Tensor
    evaluation: Evaluation
    average: Tensor | None = None
    """The point to display, if not `point`: the average of the iterates."""
    note: str | None = None
    """Message for the user about this step."""


@runtime_checkable
class Optimizer(Protocol):
    """Protocol for an optimizer: it moves from point to point, using what it remembers of earlier ones.

    An optimizer never writes to a tensor that it has returned: states and points are snapshots, without a copy.
    """

    def step(self, point: Tensor, current: Evaluation, closure: Closure) -> StepResult | None:
        """Take a step, with at least one and at most `closure.remaining` evaluations.

        Return None if no better point can be found. `current` is consumed: its gradient may be overwritten.
        """

    def state(self) -> State:
        """Return everything that must be saved, besides the point, to continue exactly as without interruption.

        Its tensors may share memory with the point.
        """

    def load(self, state: State) -> None:
        """Restore a saved state, whose tensors are on the point's device.

        Raises: InputError: the state belongs to another optimizer.
        """

    def reset(self) -> None:
        """Forget what was learned about the function, as if the next step were the first."""

    def back_off(self) -> str:
        """Make all further steps more cautious, and return how, as the end of a sentence: "with …"."""

    def rescale(self, resize: Callable[[Tensor], Tensor], gradient: float) -> None:
        """Convert the optimizer's memory to another image size.

        `resize` resizes a tensor shaped like the point. `gradient` is the factor by which a gradient's entries change:
        old area / new area for losses that are means over the image, 1 for sums over pixels.
        """
