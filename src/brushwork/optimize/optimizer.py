"""What the loop asks of an optimizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

from torch import Tensor

from brushwork.optimize.oracle import Closure, Evaluation
from brushwork.types import State


class StepResult(NamedTuple):
    """Where an optimizer went, and what it found there."""

    point: Tensor
    evaluation: Evaluation
    average: Tensor | None = None
    """The point whose picture is to be shown, where that is another one: the average of the iterates."""
    note: str | None = None
    """What a person should hear about this move."""


@runtime_checkable
class Optimizer(Protocol):
    """Goes from point to point, remembering what helps.

    No tensor that comes from an optimizer is written to afterwards: states and points are snapshots, without a copy.
    """

    def step(self, point: Tensor, current: Evaluation, closure: Closure) -> StepResult | None:
        """Move on from a point by one closure or more, at most `closure.left`; None: there is nowhere better to go.

        What `current` says about the point is used up: its gradient may be written to.
        """

    def state(self) -> State:
        """All that must be saved, beside the point, to go on exactly as if nothing had happened.

        Its tensors may share their memory with the point.
        """

    def load(self, state: State) -> None:
        """Take up a saved state, whose tensors lie on the point's device.

        Raises: InputError: the state is another optimizer's.
        """

    def reset(self) -> None:
        """Drop what was learned about the function, as if the next step were the first."""

    def back_off(self) -> str:
        """Go on more carefully from now on. Returns how, as the end of a sentence: "with …"."""

    def rescale(self, resize: Callable[[Tensor], Tensor], gradient: float) -> None:
        """Carry the memory over to another picture size.

        `resize` resizes a tensor shaped like the point; `gradient` is by what factor a gradient's entries change: old
        area / new area for losses that are means over the picture, 1 for sums over pixels.
        """
