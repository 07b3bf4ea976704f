"""Training options that all model families share."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass, fields
from math import cos, inf, pi
from typing import TYPE_CHECKING, Literal, TypeVar

from brushwork.options import require_option
from brushwork.options.groups import SEEDS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Kind = TypeVar("Kind", bound="DataclassInstance")


@dataclass(frozen=True, kw_only=True)
class TrainingOptions(ABC):
    """Length, learning rate and validation of a training."""

    iterations: int = 4000
    """Number of training batches; 1 or more. Johnson et al. use 40000 at 256 pixels, which take some hours on a GPU."""

    batch: int = 4
    """Images per batch, over all processes."""

    learning_rate: float = 1e-3
    """Adam's initial learning rate; above 0."""

    schedule: Literal["constant", "cosine", "steps"] = "cosine"
    """Learning rate schedule: constant, as in Johnson et al.; cosine decay to 0; or steps, which multiply it by `decay`
    every `decay_every` iterations."""

    warmup: int = 0
    """Iterations of linear warmup of the learning rate from 0. Models whose first steps are too large produce black
    and white blots and take long to recover."""

    decay: float = 0.8
    """Factor of the learning rate at each step of the `steps` schedule; above 0, at most 1."""

    decay_every: int = 2000
    """Iterations between steps of the learning rate; 1 or more."""

    decay_after: int = 0
    """Iterations before the first step of the learning rate."""

    mixed_precision: Literal["auto", "off", "bf16", "fp16"] = "auto"
    """Precision of the model's layers: float32 (off), bfloat16, or float16 with loss scaling; auto uses bfloat16 on
    GPUs and CPUs that multiply faster in it (CPUs: AMX, AVX-512 BF16). Weights, sums and losses stay in float32. For
    johnson, gallery and style, the encoder of the losses uses it too, on GPUs and CPUs with AMX, unless its own
    precision is set."""

    val_images: int = 8
    """Number of photographs held out for validation; at most a quarter of all."""

    validate_every: int = 250
    """Iterations between validations on the `val_images` photographs, which also write images; 1 or more."""

    seed: int = 0
    """Seed of the initial weights, the order of photographs, crops and noise: the same seed gives the same model on
    the same machine."""

    @property
    def min_images(self) -> int:
        """Minimum number of images of a batch that each process needs."""
        return 1

    def __post_init__(self) -> None:
        for name in ("iterations", "batch", "decay_every", "validate_every"):
            require_option(getattr(self, name) >= 1, name, getattr(self, name), "1 or more")
        require_option(0 < self.learning_rate < inf, "learning_rate", self.learning_rate, "above 0, and finite")
        require_option(0 < self.decay <= 1, "decay", self.decay, "above 0, and 1 at most")
        for name in ("warmup", "decay_after", "val_images"):
            require_option(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")
        require_option(0 <= self.seed < SEEDS, "seed", self.seed, "a whole number from 0 up to 2⁶³ − 1")


def copy_fields(options: object, kind: type[Kind]) -> Kind:
    """Return an instance of a dataclass whose fields have the options' values."""
    return kind(**{field.name: getattr(options, field.name) for field in fields(kind)})


def learning_rate_factor(options: TrainingOptions, step: int) -> float:
    """Return the learning rate multiplier of a step, counted from 0."""
    return min(1.0, (step + 1) / max(1, options.warmup)) * _decay_factor(options, step)


def _decay_factor(options: TrainingOptions, step: int) -> float:
    match options.schedule:
        case "cosine":
            return 0.5 + 0.5 * cos(pi * min(1.0, step / options.iterations))
        case "steps":
            return float(options.decay ** (max(0, step - options.decay_after) // options.decay_every))
        case _:
            return 1.0
