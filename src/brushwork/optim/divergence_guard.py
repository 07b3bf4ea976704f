"""A guard over an optimizer: back to the best point when the numbers run away."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from torch import Tensor

from brushwork.errors import DivergedError
from brushwork.optim.optimizer import Closure, Evaluation, Optimizer, StepResult, get_entry, to_tensor
from brushwork.types import State

EXPLOSION = 1e3
"""Un-searched L-BFGS goes up at times, and comes back: on VGG-19 (96 pixels, 60 runs) from 30 times its best loss with
the published first step. What ran away passed 1e13 within three steps."""
PATIENCE = 3
"""This many troubles without a new best point between them end the run."""


class DivergenceGuard:
    """The optimizer inside, whose troubles are mended.

    Trouble is a loss or a gradient that is not finite, or an explosion: a loss over `explosion` times the best one, and
    over the first one. Then the best point is restored (for one closure), the optimizer forgets what it learned and
    goes on more carefully, and the step's note says so.

    Raises: Diverged: three troubles in a row, without a new best point between them; carries the best picture.
    """

    def __init__(self, optimizer: Optimizer, explosion: float = EXPLOSION) -> None:
        self.optimizer, self.explosion = optimizer, explosion
        self._best: Tensor | None = None
        self._first = self._least = inf
        self._troubles = 0

    def step(self, point: Tensor, current: Evaluation, closure: Closure) -> StepResult | None:
        """The inner optimizer's step, or the way back to the best point."""
        if self._best is None:
            self._first = current.loss
            self._welcome(point, current)
        move = self.optimizer.step(point, current, closure)
        if move is None:
            return None
        if not self._sound(move.evaluation, closure):
            return self._restore(self._best if self._best is not None else point, move.evaluation.loss, closure)
        if move.evaluation.loss < self._least:
            self._welcome(move.point, move.evaluation)
        return move

    def _welcome(self, point: Tensor, best: Evaluation) -> None:
        self._best, self._least, self._troubles = point, best.loss, 0

    def _sound(self, there: Evaluation, closure: Closure) -> bool:
        rise = there.loss - self._least
        exploded = there.loss > self._first and rise > self.explosion * abs(self._least)
        return closure.is_finite(there) and not exploded

    def _restore(self, best: Tensor, loss: float, closure: Closure) -> StepResult | None:
        self._troubles += 1
        trouble = f"the loss became {loss:.4g} at closure {closure.evaluations}, after {self._least:.4g} at best"
        if self._troubles == PATIENCE:
            message = f"{trouble}; trouble number {PATIENCE} in a row: lower the weights or the learning rate."
            raise DivergedError(message, closure.to_image(best))
        self.optimizer.reset()
        how = self.optimizer.back_off()
        if not closure.remaining:
            return None
        note = f"{trouble}: back to the best picture, with an empty memory, and on {how}."
        return StepResult(best, closure(best), note=note)

    def state(self) -> State:
        """The inner state, the best point and the counters."""
        counters = {"first": self._first, "least": self._least, "troubles": self._troubles}
        state = self.optimizer.state() | {f"guard.{name}": to_tensor(value) for name, value in counters.items()}
        return state if self._best is None else state | {"guard.best": self._best}

    def load(self, state: State) -> None:
        """Take up a saved state."""
        self.optimizer.load(state)
        self._first, self._least = (float(get_entry(state, f"guard.{name}")) for name in ("first", "least"))
        self._troubles = int(get_entry(state, "guard.troubles"))
        self._best = get_entry(state, "guard.best") if "guard.best" in state else None

    def reset(self) -> None:
        """Start anew, the optimizer inside too."""
        self.optimizer.reset()
        self._best, self._troubles = None, 0

    def back_off(self) -> str:
        """Make the optimizer inside more careful."""
        return self.optimizer.back_off()

    def rescale(self, resize: Callable[[Tensor], Tensor], gradient: float) -> None:
        """Rescale the optimizer inside. The best point is forgotten: losses of other sizes do not compare."""
        self.optimizer.rescale(resize, gradient)
        self._best, self._troubles = None, 0
