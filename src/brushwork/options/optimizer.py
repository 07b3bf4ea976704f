"""Options of the optimizer of the pixels, and of the sizes that it goes through."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Literal, Self

from brushwork.choices import HistoryStorage
from brushwork.errors import InputError
from brushwork.images.geometry import Size, fit_size
from brushwork.options.groups import Extent, Measure, measured_size
from brushwork.options.method import ScheduleLevel
from brushwork.options.validation import SMALLEST_SIDE, require_option

_FEW_PAIRS = 5
"""Number of correction pairs advised when memory is short."""


@dataclass(frozen=True, kw_only=True)
class OptimizerOptions(ABC):
    """How the pixels are optimized."""

    iterations: int = 200
    """Iterations (forward and backward passes) at the first size; 1 or more."""

    min_size: int = 192
    """Size to start at for coarse-to-fine optimization, in pixels (as `measure` says), multiplied by `size_step`
    until the full size; 0: one size only."""

    size_step: float = 2.0
    """Factor from one size to the next finer one; above 1."""

    iteration_decay: float = 0.45
    """Iterations at each finer size, as a fraction of those at the size before; above 0."""

    iteration_floor: float = 0.0
    """Fewest iterations at a finer size, as a fraction of those at the first; from 0 to 1. Below an eighth, the finest
    sizes of giant images are left unfinished."""

    finer_iterations: int = 0
    """Iterations at each size but the first; 0: as many as `iteration_decay` says."""

    carried_memory: Literal["scaled", "resized", "none"] = "scaled"
    """What the optimizer carries over to the next size: its memory, resized and scaled to the gradients of that size
    (scaled), only resized (resized), or nothing (none)."""

    optimizer: Literal["lbfgs", "adam", "sgd"] = "lbfgs"
    """Optimizer of the pixels: L-BFGS, Adam, or plain gradient descent (sgd)."""

    restart: int = 0
    """Iterations after which the optimizer starts anew, without its memory; 0: never."""

    history: int = 30
    """Number of L-BFGS correction pairs; each takes twice the memory of the image."""

    finer_history: int = 0
    """Number of L-BFGS correction pairs at each size but the first; 0: as many as at the first."""

    history_storage: HistoryStorage = "full"
    """Where the correction pairs are stored: in memory (full), in memory as bfloat16, at half the size (bf16), or in an
    unnamed file in the system's temporary folder (TMPDIR), which the system caches in memory as far as it can
    (disk)."""

    preconditioner: Literal["none", "frequency"] = "none"
    """Initial inverse Hessian of L-BFGS: the same scale for all directions, as in the published programs (none), or one
    scale for each octave of spatial frequencies, which needs fewer iterations for the same loss (frequency)."""

    learning_rate: float = 1.0
    """Step length: 1 for L-BFGS; for Adam in units of `optimizer_scale`; for gradient descent the factor of the
    gradient."""

    learning_rate_decay: float = 1.0
    """Factor of gradient descent's learning rate over 100 iterations; above 0, at most 1."""

    beta2: float = 0.999
    """Decay of Adam's running mean of squared gradients; 0 or more, below 1."""

    initial_step: float = 3e-4
    """Mean change of a pixel in the first L-BFGS step, white being 1; 0: as in torch and the published programs, whose
    first step is lost in rounding when losses are small."""

    max_step: float = 0.05
    """Largest mean change of a pixel in one L-BFGS step without line search, white being 1; 0: no limit, as in the
    published programs, where some early steps go far astray."""

    line_search: bool = False
    """Search the length of each L-BFGS step (strong Wolfe); slower, for hard cases."""

    ema_decay: float = 0.0
    """Decay of the exponential moving average of the images that Adam returns; 0: the last image."""

    optimizer_scale: float = 255.0
    """Pixel value of white in the optimizer; the published programs optimize in 0–255."""

    bounded: bool = False
    """Keep every pixel between black and white during optimization."""

    def __post_init__(self) -> None:
        for name in ("iterations", "history"):
            require_option(getattr(self, name) >= 1, name, getattr(self, name), "1 or more")
        for name in ("finer_iterations", "finer_history", "restart"):
            require_option(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")
        require_option(1 < self.size_step < inf, "size_step", self.size_step, "above 1, and finite")
        require_option(0 < self.iteration_decay < inf, "iteration_decay", self.iteration_decay, "above 0, and finite")
        require_option(0 <= self.iteration_floor <= 1, "iteration_floor", self.iteration_floor, "from 0 to 1")
        require_option(
            self.min_size == 0 or self.min_size >= SMALLEST_SIDE, "min_size", self.min_size, "0, or 32 or more"
        )
        require_option(0 <= self.initial_step < inf, "initial_step", self.initial_step, "0 or more, and finite")
        require_option(0 <= self.max_step < inf, "max_step", self.max_step, "0 or more, and finite")
        require_option(0 < self.learning_rate < inf, "learning_rate", self.learning_rate, "above 0, and finite")
        decay = self.learning_rate_decay
        require_option(0 < decay <= 1, "learning_rate_decay", decay, "above 0, up to 1")
        require_option(0 <= self.beta2 < 1, "beta2", self.beta2, "0 or more, and below 1")
        require_option(0 <= self.ema_decay < 1, "ema_decay", self.ema_decay, "0 or more, and below 1")
        require_option(0 < self.optimizer_scale < inf, "optimizer_scale", self.optimizer_scale, "above 0, and finite")

    @property
    def optimizer_options(self) -> OptimizerOptions | None:
        """The options themselves, as `RecipeOptions` requires."""
        return self

    def make_schedule(self, own: Size, size: Extent, measure: Measure) -> list[ScheduleLevel]:
        """Return the sizes to optimize at, coarse to fine, with their iterations.

        `own` gives the proportions, and the size itself if `size` is `full`. The size is divided by `size_step` as long
        as it stays nearer to `min_size`, in proportion, than the size before. No side is smaller than `SMALLEST_SIDE`.

        Raises: InputError: the iterations of a size are too many to be counted.
        """
        finest, pixels = (
            (own, measured_size(own, measure)) if size == "full" else (fit_size(own, size, measure=measure), size)
        )
        sizes, step = [finest], self.size_step
        while self.min_size and pixels / step ** (len(sizes) - 0.5) >= self.min_size:
            smaller = fit_size(own, round(pixels / step ** len(sizes)), measure=measure)
            if min(smaller) < SMALLEST_SIDE:
                break
            sizes.append(smaller)
        return [ScheduleLevel(here, self._iterations_at(level)) for level, here in enumerate(reversed(sizes))]

    def _iterations_at(self, level: int) -> int:
        if level and self.finer_iterations:
            return self.finer_iterations
        try:
            return max(1, round(self.iterations * max(self.iteration_decay**level, self.iteration_floor)))
        except OverflowError as error:
            decay, sizes = self.iteration_decay, level + 1
            raise InputError(f"iteration-decay is {decay:g}: at {sizes} sizes, it must be smaller.") from error

    def with_iterations(self, iterations: int) -> Self:
        """Return the options with this number of iterations, at a single size."""
        return replace(self, iterations=iterations, min_size=0)

    def with_less_memory(self) -> Mapping[str, Self]:
        """Return the options with a smaller memory of L-BFGS, by the flags that select them."""
        if self.optimizer != "lbfgs":
            return {}
        fewer = self.history > _FEW_PAIRS and not self.finer_history
        variants = {f"--history {_FEW_PAIRS}": replace(self, history=_FEW_PAIRS)} if fewer else {}
        on_disk = {"--history-storage disk": replace(self, history_storage="disk")}
        return variants if self.history_storage == "disk" else variants | on_disk

    def at_level(self, level: int) -> Self:
        """Return the options for one of the sizes, counted from 0, coarse to fine."""
        return replace(self, history=self.finer_history) if level and self.finer_history else self
