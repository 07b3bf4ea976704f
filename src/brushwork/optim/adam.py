"""The Adam optimizer, with optional averaging of the iterates."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, sqrt

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.optim.bounds import clamp
from brushwork.optim.closure import Closure, Evaluation
from brushwork.optim.optimizer import StepResult
from brushwork.optim.saved_state import get_count, get_entry, get_number, to_tensor
from brushwork.types import State

RETREAT = 0.1
"""Factor that cuts the learning rate after a divergence: such explosions are a matter of orders of magnitude."""


class Adam:
    """The Adam optimizer, x ← x − lr · m̂ / (√v̂ + eps).

    m̂ and v̂ are bias-corrected running means of the gradient and of its square. With `ema_decay` > 0 the reported point
    is the running mean of the iterates (with that decay, bias corrected, the start included). At another image size a
    new mean begins with the start there. With a bounded parametrization, points are clamped.

    Raises: InputError: an option out of range.

    Source: Kingma & Ba 2014, algorithm 1; section 7.2 for the averages.
    """

    def __init__(
        self, lr: float, *, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, ema_decay: float = 0.0
    ) -> None:
        if not 0 < lr < inf:
            raise InputError(f"the learning rate of Adam is {lr}: give a positive number.")
        for decay in (*betas, ema_decay):
            if not 0 <= decay < 1:
                raise InputError(f"a decay of Adam is {decay}: it must be at least 0 and below 1.")
        self.lr, self.betas, self.eps, self.ema_decay = lr, betas, eps, ema_decay
        self._memory: dict[str, Tensor] = {}
        self._count = self._averaged = 0

    @torch.no_grad()
    def step(self, point: Tensor, current: Evaluation, closure: Closure) -> StepResult:
        """Take one step, at the cost of one evaluation."""
        if not self._count:
            self._memory = {"mean": torch.zeros_like(point), "square": torch.zeros_like(point)}
        if self.ema_decay and not self._averaged:
            self._memory["average"], self._averaged = point, 1
        self._count += 1
        there = clamp(self._next(point, current.gradient), closure.bounds)
        return StepResult(there, closure(there), average=self._point_to_show(there))

    def _next(self, point: Tensor, gradient: Tensor) -> Tensor:
        first, second = self.betas
        mean = self._memory["mean"].lerp(gradient, 1 - first)
        square = (self._memory["square"] * second).addcmul_(gradient, gradient, value=1 - second)
        self._memory |= {"mean": mean, "square": square}
        length = self.lr / (1 - first**self._count)
        denominator = square.sqrt().div_(sqrt(1 - second**self._count)).add_(self.eps)
        return point.addcdiv(mean, denominator, value=-length)

    def _point_to_show(self, there: Tensor) -> Tensor | None:
        if not self.ema_decay:
            return None
        self._averaged += 1
        weight = (1 - self.ema_decay) / (1 - self.ema_decay**self._averaged)
        self._memory["average"] = self._memory["average"].lerp(there, weight)
        return self._memory["average"]

    def state(self) -> State:
        """Return the moments, the average, the numbers of steps and of averaged points, and the learning rate."""
        memory = {f"adam.{name}": value for name, value in self._memory.items()}
        numbers = {"count": self._count, "lr": self.lr} | ({"averaged": self._averaged} if self.ema_decay else {})
        return memory | {f"adam.{name}": to_tensor(value) for name, value in numbers.items()}

    def load(self, state: State) -> None:
        """Restore a saved state."""
        self._count, self.lr = get_count(state, "adam.count"), get_number(state, "adam.lr")
        self._averaged = get_count(state, "adam.averaged") if self.ema_decay else 0
        names = ["mean", "square"] * bool(self._count) + ["average"] * bool(self._averaged)
        self._memory = {name: get_entry(state, f"adam.{name}") for name in names}

    def reset(self) -> None:
        """Reset the moments and the average."""
        self._memory, self._count, self._averaged = {}, 0, 0

    def back_off(self) -> str:
        """Reduce the learning rate for all further steps."""
        self.lr *= RETREAT
        return f"with a learning rate of {self.lr:g}"

    def rescale(self, resize: Callable[[Tensor], Tensor], gradient: float) -> None:
        """Resize the moments, keeping the second at 0 or above, and begin a new average."""
        factors = {"mean": gradient, "square": gradient**2}
        memory = {name: resize(self._memory[name]) * factors[name] for name in factors if name in self._memory}
        if "square" in memory:
            memory["square"].clamp_(min=0)
        self._memory, self._averaged = memory, 0
