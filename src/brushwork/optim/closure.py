"""Evaluation of a loss and its gradient at a point, within a budget of evaluations."""

from __future__ import annotations

from math import isfinite
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from brushwork.optim.parametrization import Parametrization
from brushwork.optim.reductions import WHOLE, Reductions
from brushwork.types import Evaluate, Image, LossValues


class Evaluation(NamedTuple):
    """Result of one evaluation (a forward and a backward pass) at a point."""

    loss: float
    gradient: Tensor
    """∂loss/∂point, in the point's shape."""
    losses: LossValues


class _GivenGradient(torch.autograd.Function):
    """A number whose gradient with respect to an image is given.

    `torch.autograd.grad` also accepts an initial gradient, but then imports sympy, which takes half a second.
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
    """Function that evaluates points and counts the evaluations.

    Only one optimizer writes to the tensors it returns, and may overwrite the gradient of its last point.
    """

    def __init__(
        self,
        parametrization: Parametrization,
        evaluate: Evaluate,
        budget: int,
        evaluations: int = 0,
        reductions: Reductions = WHOLE,
    ) -> None:
        self.parametrization, self.evaluate, self.budget, self.evaluations = (
            parametrization,
            evaluate,
            budget,
            evaluations,
        )
        self.reductions = reductions

    @property
    def remaining(self) -> int:
        """Number of evaluations left in the budget."""
        return self.budget - self.evaluations

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Lower and upper bound of every entry of the point."""
        return self.parametrization.bounds

    def __call__(self, point: Tensor) -> Evaluation:
        """Evaluate loss and gradient at a point, as one evaluation of the budget."""
        if self.remaining < 1:
            raise RuntimeError(
                "the evaluation budget is exhausted: an optimizer must check `remaining` before evaluating."
            )
        self.evaluations += 1
        return self.reevaluate(point)

    @torch.enable_grad()
    def reevaluate(self, point: Tensor) -> Evaluation:
        """Evaluate loss and gradient at a point without charging the budget."""
        source = point.detach().requires_grad_()
        image = self.parametrization.to_image(source)
        leaf = image.detach().requires_grad_()
        losses = self.evaluate(leaf)
        pulled = torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
        (gradient,) = torch.autograd.grad(_GivenGradient.apply(image, pulled), source)  # type: ignore[no-untyped-call]
        terms = {name: value.detach() for name, value in losses.terms.items()}
        total = losses.total.detach()
        return Evaluation(float(total), gradient.detach().contiguous(), LossValues(total, terms))

    def is_finite(self, evaluation: Evaluation) -> bool:
        """Return whether the loss and every entry of the gradient are finite."""
        return isfinite(evaluation.loss) and self.reductions.is_finite(evaluation.gradient)

    @torch.no_grad()
    def to_image(self, point: Tensor) -> Image:
        """Return the image that a point represents."""
        return self.parametrization.to_image(point).detach()
