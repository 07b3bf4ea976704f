"""Where the optimization begins."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from math import inf
from typing import Literal, TypeAlias

from brushwork.recipes.options.requirements import require_option

Init: TypeAlias = Literal["content", "style", "noise", "gray", "instant"]

SEEDS = 2**63
"""As many as torch's generators take."""


@dataclass(frozen=True, kw_only=True)
class InitOptions(ABC):
    """Where the optimization begins."""

    init: Init = "content"
    """Starting point: the photograph (content), the painting (style), white noise about gray, gray, or, for jobs that
    transfer a style, what AdaIN paints at once (instant)."""

    noise: float = 1.0
    """Standard deviation of the white noise on the scale 0 to `white`: 1 as the authors, 0.001 as jcjohnson. From noise
    that weak nothing is seen for some 25 iterations; with 40, 20 are enough for shapes and colors."""

    init_noise: float = 0.0
    """The same for noise that is added to a photograph or a painting to start from; 0 as the published programs."""

    seed: int = 0
    """Seed of the noise; the same seed gives the same picture on the same machine."""

    def __post_init__(self) -> None:
        require_option(0 <= self.noise < inf, "noise", self.noise, "0 or more, and finite")
        require_option(0 <= self.init_noise < inf, "init_noise", self.init_noise, "0 or more, and finite")
        require_option(0 <= self.seed < SEEDS, "seed", self.seed, "a whole number from 0 up to 2⁶³ − 1")
