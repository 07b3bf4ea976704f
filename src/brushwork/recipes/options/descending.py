"""How the picture is optimized."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from math import inf
from typing import Literal

from brushwork.recipes.options.requirements import SMALLEST_SIDE, require_option


@dataclass(frozen=True, kw_only=True)
class OptimizerOptions(ABC):
    """How the picture is optimized."""

    iterations: int = 200
    """Iterations (looks at the picture, forward and backward) at the first size; 1 or more."""

    min_size: int = 192
    """Paint coarse to fine: begin at about this many pixels (as `measure` says) and double; 0: one size only."""

    iteration_decay: float = 0.45
    """Iterations at each finer size, as a share of those at the size before; above 0."""

    optimizer: Literal["lbfgs", "adam"] = "lbfgs"
    """Optimizer of the pixels."""

    history: int = 30
    """Correction pairs that L-BFGS remembers; each takes twice the picture's memory."""

    history_storage: Literal["full", "bf16", "disk"] = "full"
    """Where the pairs are kept: in memory; in memory with half the digits, at half the room; or in a file without a
    name in the system's folder for such (TMPDIR), of which the system holds in memory what it can."""

    preconditioner: Literal["none", "frequency"] = "none"
    """What L-BFGS assumes of the curvature where its pairs do not tell: the same for all, as the published programs; or
    a number for each octave of frequencies, which takes fewer iterations to the same loss."""

    learning_rate: float = 1.0
    """Step length: 1 for L-BFGS; for Adam in units of `optimizer_scale`."""

    initial_step: float = 3e-4
    """How far L-BFGS moves the pixels in its first step, in the mean, white being 1; 0: as torch and the published
    programs, whose first step is lost in rounding where losses are small."""

    max_step: float = 0.05
    """How far L-BFGS moves the pixels in one step at most that is not searched, in the mean, white being 1; 0: as far
    as it likes, as the published programs do, some of whose steps early on lead far astray."""

    line_search: bool = False
    """L-BFGS searches each step's length (strong Wolfe); slower, for hard cases."""

    ema_decay: float = 0.0
    """Adam shows the running mean of its pictures, with this decay; 0: the last one."""

    optimizer_scale: float = 255.0
    """Value of white in the optimizer's eyes. The published programs optimize in 0–255."""

    bounded: bool = False
    """Keep every pixel within black and white while optimizing."""

    def __post_init__(self) -> None:
        for name in ("iterations", "history"):
            require_option(getattr(self, name) >= 1, name, getattr(self, name), "1 or more")
        require_option(0 < self.iteration_decay < inf, "iteration_decay", self.iteration_decay, "above 0, and finite")
        require_option(
            self.min_size == 0 or self.min_size >= SMALLEST_SIDE, "min_size", self.min_size, "0, or 32 or more"
        )
        require_option(0 <= self.initial_step < inf, "initial_step", self.initial_step, "0 or more, and finite")
        require_option(0 <= self.max_step < inf, "max_step", self.max_step, "0 or more, and finite")
        require_option(0 < self.learning_rate < inf, "learning_rate", self.learning_rate, "above 0, and finite")
        require_option(0 <= self.ema_decay < 1, "ema_decay", self.ema_decay, "0 or more, and below 1")
        require_option(0 < self.optimizer_scale < inf, "optimizer_scale", self.optimizer_scale, "above 0, and finite")
