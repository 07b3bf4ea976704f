"""Events that a training reports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

import torch


class TrainingStarted(NamedTuple):
    """The training starts or resumes."""

    device: torch.device
    iterations: int
    done: int
    """Iterations completed before."""
    n_photos: int
    """Number of training photographs."""
    n_val_images: int
    """Number of validation photographs."""


class StepDone(NamedTuple):
    """An iteration is complete."""

    step: int
    """Iterations completed."""
    losses: Mapping[str, float]
    """Means over the batch: the weighted terms, and `total`."""


class Validated(NamedTuple):
    """The model was validated on the held-out images."""

    step: int
    losses: Mapping[str, float]
    image: Path | None
    """Path of an image with the photographs above and their stylized versions below."""


class TrainingNote(NamedTuple):
    """A message for the user."""

    text: str


class TrainingFinished(NamedTuple):
    """The training is complete and the model is written."""

    model: Path
    history: Path
    step: int
    seconds: float


TrainingEvent: TypeAlias = TrainingStarted | StepDone | Validated | TrainingNote | TrainingFinished
