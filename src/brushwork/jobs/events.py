"""Events that a job or a training yields while it runs; progress bars, previews and logs are built from them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from brushwork.recipes import Progress, ScheduleLevel


class Started(NamedTuple):
    """All inputs are read and checked; the run begins."""

    device: torch.device
    iterations: int
    """Total iterations; 0 for feed-forward jobs."""
    done: int = 0
    """Iterations already done: those of the resumed checkpoint."""
    levels: tuple[ScheduleLevel, ...] = ()
    """Size and iterations of every level of a job, including those already done."""
    alpha: Tensor | None = None
    """Alpha channel of the result, (1, 1, height, width) at the content's size; None: opaque everywhere."""


class Note(NamedTuple):
    """A message for the user, as a sentence."""

    text: str


class Advanced(NamedTuple):
    """Progress of a feed-forward job."""

    done: float
    """Fraction of the work done, up to 1."""


class StepDone(NamedTuple):
    """An iteration of a training is complete."""

    step: int
    """Iterations completed."""
    losses: Mapping[str, float]
    """Means over the batch: the weighted terms, and `total`."""


class Validated(NamedTuple):
    """A model in training was validated on the held-out images."""

    step: int
    losses: Mapping[str, float]
    image: Path | None
    """Path of an image with the photographs above and their stylized versions below."""


class Finished(NamedTuple):
    """The result is written and the checkpoint removed."""

    path: Path
    total: float
    """The last value of the objective; 0 for feed-forward jobs.

    Of a training: on the held-out images, or of the last batch if none are held out; NaN if its history was removed."""
    losses: Mapping[str, float]
    """The last value of each loss."""
    iterations: int
    """0 for feed-forward jobs."""
    seconds: float
    """Run time, including the time before a resume."""
    notes: tuple[str, ...] = ()
    """All notes of the run."""


JobEvent: TypeAlias = Started | Note | Progress | Advanced | StepDone | Validated | Finished
"""`Progress` is a step of an optimization."""
