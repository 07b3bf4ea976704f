"""Contracts of optimizers and closures, and the tensors of an optimizer's state."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.optim.parametrization import Parametrization
from brushwork.optim.reductions import WHOLE, Reductions
from brushwork.types import Evaluate, Image, LossValues, State


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


def to_tensor(value: float | int) -> Tensor:
    """A number as safetensors keep it, without loss."""
    return torch.tensor(value, dtype=torch.float64)


def get_entry(state: State, name: str) -> Tensor:
    """An entry of a saved state.

    Copied: sums over memory that is aligned otherwise, as in a mapped file, may round otherwise.

    Raises: InputError: there is no such entry.
    """
    if name not in state:
        raise InputError(f"the saved state has no {name!r}, it is another optimizer's: resume with the same options.")
    return state[name].detach().clone(memory_format=torch.contiguous_format)


class Evaluation(NamedTuple):
    """What one closure, a forward and a backward pass, tells about a point."""

    loss: float
    gradient: Tensor
    """∂loss/∂point, of the point's shape."""
    losses: LossValues


class Closure:
    """Evaluates points, and counts the closures spent.

    The tensors it returns are written to by one optimizer only, which may use up the gradient of where it was.
    """

    def __init__(
        self,
        parametrization: Parametrization,
        evaluate: Evaluate,
        budget: int,
        evaluations: int = 0,
        reductions: Reductions = WHOLE,
    ) -> None:
        self.canvas, self.evaluate, self.budget, self.evaluations = parametrization, evaluate, budget, evaluations
        self.products = reductions

    @property
    def remaining(self) -> int:
        """How many closures may still be asked for."""
        return self.budget - self.evaluations

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The least and the greatest value each number of the point may take."""
        return self.canvas.bounds

    def __call__(self, point: Tensor) -> Evaluation:
        """Loss and gradient at a point, for one closure."""
        if self.remaining < 1:
            raise RuntimeError("the budget of closures is spent: an optimizer must look at `left` before it asks.")
        self.evaluations += 1
        return self.reevaluate(point)

    @torch.enable_grad()
    def reevaluate(self, point: Tensor) -> Evaluation:
        """Loss and gradient at a point that has been paid for."""
        source = point.detach().requires_grad_()
        image = self.canvas.to_image(source)
        leaf = image.detach().requires_grad_()
        losses = self.evaluate(leaf)
        pulled = torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
        (gradient,) = torch.autograd.grad(image, source, pulled)
        terms = {name: value.detach() for name, value in losses.terms.items()}
        total = losses.total.detach()
        return Evaluation(float(total), gradient.detach().contiguous(), LossValues(total, terms))

    def is_finite(self, seen: Evaluation) -> bool:
        """Whether the loss and every entry of the gradient are numbers."""
        return isfinite(seen.loss) and self.products.is_finite(seen.gradient)

    @torch.no_grad()
    def to_image(self, point: Tensor) -> Image:
        """The picture at a point."""
        return self.canvas.to_image(point).detach()
