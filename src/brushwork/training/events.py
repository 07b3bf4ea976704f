"""What a training tells while it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

import torch


class TrainingStarted(NamedTuple):
    """It begins, or goes on."""

    device: torch.device
    iterations: int
    done: int
    """Iterations that were done before."""
    n_photos: int
    """To learn from."""
    n_val_images: int
    """To judge by."""


class StepDone(NamedTuple):
    """An iteration is done."""

    step: int
    """How many are done."""
    losses: Mapping[str, float]
    """Means over the batch: the weighted terms, and `total`."""


class Validated(NamedTuple):
    """The painter was judged by what is held out."""

    step: int
    losses: Mapping[str, float]
    image: Path | None
    """Photographs above, what the painter made of them below."""


class TrainingNote(NamedTuple):
    """Something that a person should know."""

    text: str


class TrainingFinished(NamedTuple):
    """It is over; the painter is there."""

    model: Path
    history: Path
    step: int
    seconds: float


TrainingEvent: TypeAlias = TrainingStarted | StepDone | Validated | TrainingNote | TrainingFinished
