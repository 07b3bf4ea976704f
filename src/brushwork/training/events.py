"""What a training tells while it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

import torch


class Begun(NamedTuple):
    """It begins, or goes on."""

    device: torch.device
    iterations: int
    done: int
    """Iterations that were done before."""
    photographs: int
    """To learn from."""
    held_out: int
    """To judge by."""


class Learned(NamedTuple):
    """An iteration is done."""

    step: int
    """How many are done."""
    losses: Mapping[str, float]
    """Means over the batch: the weighted terms, and `total`."""


class Judged(NamedTuple):
    """The painter was judged by what is held out."""

    step: int
    losses: Mapping[str, float]
    picture: Path | None
    """Photographs above, what the painter made of them below."""


class Told(NamedTuple):
    """Something that a person should know."""

    text: str


class Graduated(NamedTuple):
    """It is over; the painter is there."""

    painter: Path
    history: Path
    step: int
    seconds: float


Event: TypeAlias = Begun | Learned | Judged | Told | Graduated
