"""Plain gradient descent with a decaying learning rate."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.optim.bounds import clamp
from brushwork.optim.closure import Closure, Evaluation
from brushwork.optim.optimizer import StepResult
from brushwork.optim.saved_state import get_count, get_number, to_tensor
from brushwork.types import State

DECAY_STEPS = 100
"""Number of steps in which the learning rate shrinks by the factor `decay`."""

RETREAT = 0.1
"""Factor that cuts the learning rate after a divergence, as in Adam."""


class GradientDescent:
    """Gradient descent, x ← x − lr · decay^(k/100) · gradient in step k, counted from 0.

    With a bounded parametrization, points are clamped.

    Raises: InputError: an option out of range.

    Source: 1508.06576, which names the method; the Keras example of neural style transfer of 2020 for the rate.
    """

    def __init__(self, lr: float, *, decay: float = 1.0) -> None:
        if not 0 < lr < inf:
            raise InputError(f"the learning rate of gradient descent is {lr}: give a positive number.")
        if not 0 < decay <= 1:
            raise InputError(f"the decay of the learning rate is {decay}: it must be above 0 and at most 1.")
        self.lr, self.decay = lr, decay
        self._count = 0

    @torch.no_grad()
    def step(self, point: Tensor, current: Evaluation, closure: Closure) -> StepResult:
        """Take one step, at the cost of one evaluation."""
        length = self.lr * self.decay ** (self._count / DECAY_STEPS)
        self._count += 1
        there = clamp(point.add(current.gradient, alpha=-length), closure.bounds)
        return StepResult(there, closure(there))

    def state(self) -> State:
        """Return the number of steps and the learning rate."""
        return {"descent.count": to_tensor(self._count), "descent.lr": to_tensor(self.lr)}

    def load(self, state: State) -> None:
        """Restore a saved state."""
        self._count, self.lr = get_count(state, "descent.count"), get_number(state, "descent.lr")

    def reset(self) -> None:
        """Start again with the full learning rate."""
        self._count = 0

    def back_off(self) -> str:
        """Reduce the learning rate for all further steps."""
        self.lr *= RETREAT
        return f"with a learning rate of {self.lr:g}"

    def rescale(self, resize: Callable[[Tensor], Tensor], gradient: float) -> None:
        """Do nothing: there is no tensor to resize, and the learning rate keeps decreasing."""
