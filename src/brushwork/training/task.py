"""What a painter learns from: the contract between the loop, which is the same for all, and the families of
painters.

The loop draws batches, asks the lesson for its turns, and for each of them descends by the turn's optimizer:

    for turn in lesson.turns(batch):
        optimizer = lesson.optimizers[turn.optimizer]
        optimizer.zero_grad()
        turn.losses.total.backward()
        (gradients of that optimizer's parameters are averaged over the ranks)
        optimizer.step()

The loop also sees to learning rates, mixed precision, checkpoints, validation and files. A lesson keeps nothing that
changes but its learners and optimizers: what is drawn by chance hangs on the seed and the number of the step only, so
that going on from a checkpoint is bit for bit the unbroken run, and two processes learn what one does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from brushwork.training.dataset import make_generator
from brushwork.types import Image, LossValues


@dataclass(frozen=True)
class TrainingBatch:
    """What one step is learned from; with several ranks, this rank's rows of it."""

    step: int
    """Which step, from 0."""
    seed: int
    """Of the whole training."""
    first: int
    """This rank's first row."""
    size: int
    """This rank's rows."""
    whole: int
    """Rows of all ranks."""
    device: torch.device
    pictures: Image | None = None
    """This rank's crops of photographs; None where the lesson wants none."""

    def generator(self) -> torch.Generator:
        """A new generator on the CPU, the same at every call and on all ranks: draw for the whole batch, keep
        `local_rows`."""
        return make_generator(self.seed, self.step)

    def local_rows(self, drawn: Tensor) -> Tensor:
        """This rank's rows of what was drawn for the whole batch, on the device."""
        return drawn[self.first : self.first + self.size].to(self.device)


class OptimizerStep(NamedTuple):
    """A loss, and who descends it."""

    optimizer: str
    """Its name in the lesson's `optimizers`."""
    losses: LossValues
    """The mean over this rank's rows, and its parts, which are shown. With the mean, two ranks learn what one does."""


class TrainingTask(Protocol):
    """What a painter learns from, and how."""

    @property
    def model_config(self) -> Any:
        """The painter's settings, those of an architecture."""

    @property
    def networks(self) -> Mapping[str, nn.Module]:
        """All that learns, by name; `painter` is what is saved in the end."""

    @property
    def optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        """Each over parameters of learners; the loop multiplies their first learning rates by its schedule."""

    @property
    def crop(self) -> int:
        """Pixels along the side of the crops of photographs to learn from; 0: it wants none."""

    def training_steps(self, batch: TrainingBatch) -> Iterator[OptimizerStep]:
        """The step's losses one after the other; each is descended before the next is asked for."""

    def validate(self, batch: TrainingBatch) -> Mapping[str, float]:
        """Losses on what is held out, with `total` among them; without gradients, and always on the same rows."""

    def sample(self, batch: TrainingBatch) -> Image:
        """What the painter makes of val-images pictures (or of noise), for a person to look at; without gradients."""
