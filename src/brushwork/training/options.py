"""How long and how fast a painter learns: the settings that all families of painters share."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from math import cos, inf, pi
from typing import Literal

from brushwork.options import require_option
from brushwork.options.groups import SEEDS


@dataclass(frozen=True, kw_only=True)
class TrainingOptions(ABC):
    """How long and how fast is learned."""

    iterations: int = 4000
    """Batches to learn from; 1 or more. Johnson et al. take 40000 of 256 pixels, some hours of a graphics card."""

    batch: int = 4
    """Pictures of a batch, over all processes."""

    learning_rate: float = 1e-3
    """Adam's learning rate at the beginning; above 0."""

    schedule: Literal["constant", "cosine", "steps"] = "cosine"
    """How the learning rate goes down: not at all, as Johnson et al.; along half a cosine to 0; or times `decay` every
    `decay-every` iterations."""

    warmup: int = 0
    """Iterations in which the learning rate grows from 0 to what it is. A painter whose first steps are too long paints
    black and white blots, and needs long to leave them."""

    decay: float = 0.8
    """Factor of the learning rate at each of the steps; above 0, 1 at most."""

    decay_every: int = 2000
    """Iterations from one of the steps to the next; 1 or more."""

    decay_after: int = 0
    """Iterations before the first of the steps may come."""

    mixed_precision: Literal["auto", "off", "bf16", "fp16"] = "auto"
    """Numbers that the painter's layers compute in: float32 (off), bfloat16, or float16 with scaled losses; auto takes
    bfloat16 on graphics cards that have it. Weights, sums and losses stay in float32."""

    val_images: int = 8
    """Photographs that are not learned from, but judged by; at most a fourth of all."""

    validate_every: int = 250
    """Iterations from one judgement by val-images photographs to the next, with pictures; 1 or more."""

    seed: int = 0
    """Seed of the first weights, the order of photographs, crops and noise: the same seed gives the same painter on the
    same machine."""

    def __post_init__(self) -> None:
        for name in ("iterations", "batch", "decay_every", "validate_every"):
            require_option(getattr(self, name) >= 1, name, getattr(self, name), "1 or more")
        require_option(0 < self.learning_rate < inf, "learning_rate", self.learning_rate, "above 0, and finite")
        require_option(0 < self.decay <= 1, "decay", self.decay, "above 0, and 1 at most")
        for name in ("warmup", "decay_after", "val_images"):
            require_option(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")
        require_option(0 <= self.seed < SEEDS, "seed", self.seed, "a whole number from 0 up to 2⁶³ − 1")


def learning_rate_factor(options: TrainingOptions, step: int) -> float:
    """What the learning rates are multiplied by in a step, from 0."""
    return min(1.0, (step + 1) / max(1, options.warmup)) * _lowered(options, step)


def _lowered(options: TrainingOptions, step: int) -> float:
    match options.schedule:
        case "cosine":
            return 0.5 + 0.5 * cos(pi * min(1.0, step / options.iterations))
        case "steps":
            return float(options.decay ** (max(0, step - options.decay_after) // options.decay_every))
        case _:
            return 1.0
