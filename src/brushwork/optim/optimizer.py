"""Protocol of optimizers, the evaluation of points, and the tensors of an optimizer's state."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from brushwork.errors import InputError
from brushwork.optim.parametrization import Parametrization
from brushwork.optim.reductions import WHOLE, Reductions
from brushwork.types import Evaluate, Image, LossValues, State


class StepResult(NamedTuple):
    """The point that an optimizer moved to, and its evaluation."""

    point: Tensor
    evaluation: Evaluation
    average: Tensor | None = None
    """The point to display where it is another one: the average of the iterates."""
    note: str | None = None
    """Message for the user about this step."""


@runtime_checkable
class Optimizer(Protocol):
    """Moves from point to point, using what it remembers of earlier ones.

    No tensor returned by an optimizer is written to afterwards: states and points are snapshots, without a copy.
    """

    def step(self, point: Tensor, current: Evaluation, closure: Closure) -> StepResult | None:
        """Make a step, with at least one and at most `closure.remaining` evaluations.

        Returns None if no better point can be found. `current` is consumed: its gradient may be overwritten.
        """

    def state(self) -> State:
        """Return everything that must be saved, besides the point, to continue exactly as without interruption.

        Its tensors may share their memory with the point.
        """

    def load(self, state: State) -> None:
        """Restore a saved state, whose tensors are on the point's device.

        Raises: InputError: the state belongs to another optimizer.
        """

    def reset(self) -> None:
        """Drop what was learned about the function, as if the next step were the first."""

    def back_off(self) -> str:
        """Make all further steps more cautious. Returns how, as the end of a sentence: "with …"."""

    def rescale(self, resize: Callable[[Tensor], Tensor], gradient: float) -> None:
        """Convert the memory to another image size.

        `resize` resizes a tensor shaped like the point. `gradient` is the factor by which a gradient's entries change:
        old area / new area for losses that are means over the image, 1 for sums over pixels.
        """


def to_tensor(value: float | int) -> Tensor:
    """Return a number as a tensor for safetensors, without loss."""
    return torch.tensor(value, dtype=torch.float64)


def get_number(state: State, name: str) -> float:
    """Return a number from a saved state.

    Raises: InputError: the entry is missing, or is not a single number.
    """
    found = get_entry(state, name)
    if found.numel() != 1 or bool(found.isnan()):
        raise InputError(f"{name!r} of the saved state is not a number: it is damaged.")
    return float(found)


def get_count(state: State, name: str) -> int:
    """Return a non-negative integer from a saved state.

    Raises: InputError: the entry is missing, or is not a non-negative integer.
    """
    found = get_number(state, name)
    if not (found >= 0 and found.is_integer()):
        raise InputError(f"{name!r} of the saved state is {found}: it is damaged.")
    return int(found)


def get_entry(state: State, name: str) -> Tensor:
    """Return an entry of a saved state.

    It is copied: sums over memory of another alignment, as in a mapped file, may round differently.

    Raises: InputError: there is no such entry.
    """
    if name not in state:
        raise InputError(f"the saved state has no {name!r}, it is another optimizer's: resume with the same options.")
    return state[name].detach().clone(memory_format=torch.contiguous_format)


class Evaluation(NamedTuple):
    """Result of one evaluation (a forward and a backward pass) at a point."""

    loss: float
    gradient: Tensor
    """∂loss/∂point, in the point's shape."""
    losses: LossValues


class _GivenGradient(torch.autograd.Function):
    """A number whose gradient with respect to an image is given.

    `torch.autograd.grad` takes a gradient to begin with too, and imports sympy for it: half a second.
    """

    @staticmethod
    def forward(ctx: Any, image: Image, gradient: Image) -> Tensor:
        ctx.gradient = gradient
        return image.new_zeros(())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, _: Tensor) -> tuple[Tensor, None]:
        return ctx.gradient, None


class Closure:
    """Evaluates points, and counts the evaluations.

    The tensors it returns are written to by one optimizer only, which may overwrite the gradient of its last point.
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
        """Number of evaluations left in the budget."""
        return self.budget - self.evaluations

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Lower and upper bound of every entry of the point."""
        return self.canvas.bounds

    def __call__(self, point: Tensor) -> Evaluation:
        """Evaluate loss and gradient at a point; counts as one evaluation."""
        if self.remaining < 1:
            raise RuntimeError("the evaluation budget is exhausted: an optimizer must check `left` before evaluating.")
        self.evaluations += 1
        return self.reevaluate(point)

    @torch.enable_grad()
    def reevaluate(self, point: Tensor) -> Evaluation:
        """Evaluate loss and gradient at a point without charging the budget."""
        source = point.detach().requires_grad_()
        image = self.canvas.to_image(source)
        leaf = image.detach().requires_grad_()
        losses = self.evaluate(leaf)
        pulled = torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
        (gradient,) = torch.autograd.grad(_GivenGradient.apply(image, pulled), source)  # type: ignore[no-untyped-call]
        terms = {name: value.detach() for name, value in losses.terms.items()}
        total = losses.total.detach()
        return Evaluation(float(total), gradient.detach().contiguous(), LossValues(total, terms))

    def is_finite(self, evaluation: Evaluation) -> bool:
        """Return whether the loss and every entry of the gradient are finite."""
        return isfinite(evaluation.loss) and self.products.is_finite(evaluation.gradient)

    @torch.no_grad()
    def to_image(self, point: Tensor) -> Image:
        """Return the image of a point."""
        return self.canvas.to_image(point).detach()
