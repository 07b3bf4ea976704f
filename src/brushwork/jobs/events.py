"""What a job tells while it runs. Progress bars, previews and logs are made of these."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from brushwork.recipes import Progress, ScheduleLevel


class Started(NamedTuple):
    """Everything was read and checked; painting begins."""

    device: torch.device
    levels: tuple[ScheduleLevel, ...]
    """The sizes and closures to come, those that are spent included."""
    iterations: int
    """Closures already spent: 0, or those of the checkpoint that is resumed."""
    alpha: Tensor | None = None
    """Coverage of what is painted, (1, 1, height, width) at the photograph's size; None: opaque everywhere."""


class Note(NamedTuple):
    """Something that a person should hear, as a sentence."""

    text: str


class Advanced(NamedTuple):
    """How far a picture is that is painted in one pass."""

    done: float
    """Share of the work, up to 1."""


class Finished(NamedTuple):
    """The picture is written; the checkpoint is gone."""

    path: Path
    total: float
    """The last value of the objective; 0 where there was none."""
    losses: Mapping[str, float]
    """The same by term."""
    iterations: int
    """0: it was painted in one pass."""
    seconds: float
    """Painting time, that before a resumption included."""
    notes: tuple[str, ...]
    """Everything that was noted on the way."""


JobEvent: TypeAlias = Started | Note | Progress | Advanced | Finished
