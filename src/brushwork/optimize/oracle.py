"""Asking for the loss and its gradient, on a budget."""

from __future__ import annotations

from math import isfinite
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from brushwork.optimize.products import WHOLE, Reductions
from brushwork.types import Evaluate, Image, LossValues


@runtime_checkable
class Parametrization(Protocol):
    """How the optimizer's numbers (the point) and the picture belong together."""

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The least and the greatest value each number may take; None: all of them."""

    def to_image(self, point: Tensor) -> Image:
        """What the numbers look like; differentiable."""

    def to_point(self, image: Image) -> Tensor:
        """The inverse, for a starting picture."""


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
