"""Asking for the loss and its gradient, on a budget."""

from __future__ import annotations

from math import isfinite
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from brushwork.optimize.products import WHOLE, Products
from brushwork.types import Evaluate, Image, Losses


@runtime_checkable
class Canvas(Protocol):
    """How the optimizer's numbers (the point) and the picture belong together."""

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The least and the greatest value each number may take; None: all of them."""

    def image(self, point: Tensor) -> Image:
        """What the numbers look like; differentiable."""

    def point(self, image: Image) -> Tensor:
        """The inverse, for a starting picture."""


class Evaluation(NamedTuple):
    """What one closure, a forward and a backward pass, tells about a point."""

    loss: float
    gradient: Tensor
    """∂loss/∂point, of the point's shape."""
    losses: Losses


class Oracle:
    """Evaluates points, and counts the closures spent.

    The tensors it returns are written to by one optimizer only, which may use up the gradient of where it was.
    """

    def __init__(
        self, canvas: Canvas, evaluate: Evaluate, budget: int, spent: int = 0, products: Products = WHOLE
    ) -> None:
        self.canvas, self.evaluate, self.budget, self.spent = canvas, evaluate, budget, spent
        self.products = products

    @property
    def left(self) -> int:
        """How many closures may still be asked for."""
        return self.budget - self.spent

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The least and the greatest value each number of the point may take."""
        return self.canvas.bounds

    def __call__(self, point: Tensor) -> Evaluation:
        """Loss and gradient at a point, for one closure."""
        if self.left < 1:
            raise RuntimeError("the budget of closures is spent: an optimizer must look at `left` before it asks.")
        self.spent += 1
        return self.again(point)

    @torch.enable_grad()
    def again(self, point: Tensor) -> Evaluation:
        """Loss and gradient at a point that has been paid for."""
        source = point.detach().requires_grad_()
        image = self.canvas.image(source)
        leaf = image.detach().requires_grad_()
        losses = self.evaluate(leaf)
        pulled = torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
        (gradient,) = torch.autograd.grad(image, source, pulled)
        terms = {name: value.detach() for name, value in losses.terms.items()}
        total = losses.total.detach()
        return Evaluation(float(total), gradient.detach().contiguous(), Losses(total, terms))

    def finite(self, seen: Evaluation) -> bool:
        """Whether the loss and every entry of the gradient are numbers."""
        return isfinite(seen.loss) and self.products.finite(seen.gradient)

    @torch.no_grad()
    def image(self, point: Tensor) -> Image:
        """The picture at a point."""
        return self.canvas.image(point).detach()
