"""How the picture is optimized."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from math import inf
from typing import Literal

from brushwork.recipes.options.requirements import SMALLEST_SIDE, require


@dataclass(frozen=True, kw_only=True)
class Descending(ABC):
    """How the picture is optimized."""

    iterations: int = 200
    """Closures (looks at the picture, forward and backward) at the first size; 1 or more."""

    coarsest: int = 192
    """Paint coarse to fine: begin at about this many pixels (as `measure` says) and double; 0: one size only."""

    finer_share: float = 0.45
    """Closures at each finer size, as a share of those at the size before; above 0."""

    optimizer: Literal["lbfgs", "adam"] = "lbfgs"
    """Optimizer of the pixels."""

    history: int = 30
    """Correction pairs that L-BFGS remembers; each takes twice the picture's memory."""

    history_storage: Literal["full", "half", "disk"] = "full"
    """Where the pairs are kept: in memory; in memory with half the digits, at half the room; or in a file without a
    name in the system's folder for such (TMPDIR), of which the system holds in memory what it can."""

    preconditioner: Literal["none", "frequency"] = "none"
    """What L-BFGS assumes of the curvature where its pairs do not tell: the same for all, as the published programs; or
    a number for each octave of frequencies, which takes fewer closures to the same loss."""

    learning_rate: float = 1.0
    """Step length: 1 for L-BFGS; for Adam in units of `pixel_range`."""

    first_move: float = 3e-4
    """How far L-BFGS moves the pixels in its first step, in the mean, white being 1; 0: as torch and the published
    programs, whose first step is lost in rounding where losses are small."""

    largest_move: float = 0.05
    """How far L-BFGS moves the pixels in one step at most that is not searched, in the mean, white being 1; 0: as far
    as it likes, as the published programs do, some of whose steps early on lead far astray."""

    line_search: bool = False
    """L-BFGS searches each step's length (strong Wolfe); slower, for hard cases."""

    averaging: float = 0.0
    """Adam shows the running mean of its pictures, with this decay; 0: the last one."""

    pixel_range: float = 255.0
    """Value of white in the optimizer's eyes. The published programs optimize in 0–255."""

    boxed: bool = False
    """Keep every pixel within black and white while optimizing."""

    def __post_init__(self) -> None:
        for name in ("iterations", "history"):
            require(getattr(self, name) >= 1, name, getattr(self, name), "1 or more")
        require(0 < self.finer_share < inf, "finer_share", self.finer_share, "above 0, and finite")
        require(self.coarsest == 0 or self.coarsest >= SMALLEST_SIDE, "coarsest", self.coarsest, "0, or 32 or more")
        require(0 <= self.first_move < inf, "first_move", self.first_move, "0 or more, and finite")
        require(0 <= self.largest_move < inf, "largest_move", self.largest_move, "0 or more, and finite")
        require(0 < self.learning_rate < inf, "learning_rate", self.learning_rate, "above 0, and finite")
        require(0 <= self.averaging < 1, "averaging", self.averaging, "0 or more, and below 1")
        require(0 < self.pixel_range < inf, "pixel_range", self.pixel_range, "above 0, and finite")
