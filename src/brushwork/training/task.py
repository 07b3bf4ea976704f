"""The contract between the training loop and the training tasks, one per model family.

The loop builds batches, asks the task for its optimizer steps, and runs each of them:

    for step in task.training_steps(batch):
        optimizer = task.optimizers[step.optimizer]
        optimizer.zero_grad()
        step.losses.total.backward()
        (gradients of that optimizer's parameters are averaged over the ranks)
        optimizer.step()

The loop also handles learning rates, mixed precision, checkpoints, validation and files. A task holds no mutable state
other than its networks and optimizers: all sampling depends only on the seed and the step number. A run resumed from a
checkpoint is therefore bit for bit the uninterrupted run, and two processes learn what one does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from brushwork.errors import InputError
from brushwork.training.dataset import make_generator
from brushwork.types import Image, LossValues

MODEL = "model"
"""Name in checkpoints of the network saved as the model."""


@dataclass(frozen=True)
class TrainingBatch:
    """The training batch of one step; with several ranks, this rank's rows of it."""

    step: int
    """Step number, from 0."""
    seed: int
    """Seed of the whole training."""
    first: int
    """Index of this rank's first row."""
    size: int
    """Number of this rank's rows."""
    whole: int
    """Number of rows over all ranks."""
    device: torch.device
    pictures: Image | None = None
    """This rank's crops of photographs; None if the task uses none."""

    @property
    def photos(self) -> Image:
        """This rank's crops of photographs. Raises: InputError: none were given."""
        if self.pictures is None:
            raise InputError("no photographs were given: this model is trained on a folder of them.")
        return self.pictures

    def generator(self) -> torch.Generator:
        """Return a new CPU generator, the same at every call and on all ranks.

        Sample for the whole batch, then take `local_rows`.
        """
        return make_generator(self.seed, self.step)

    def local_rows(self, drawn: Tensor) -> Tensor:
        """Return this rank's rows, on the device, of values sampled for the whole batch."""
        return drawn[self.first : self.first + self.size].to(self.device)


class OptimizerStep(NamedTuple):
    """A loss, and the optimizer that minimizes it."""

    optimizer: str
    """Name of the optimizer in the task's `optimizers`."""
    losses: LossValues
    """Mean over this rank's rows, and its logged terms. Because it is a mean, two ranks learn what one does."""


class TrainingTask(Protocol):
    """A training task: networks, optimizers, losses, validation."""

    @property
    def model_config(self) -> Any:
        """Configuration of the model's architecture."""

    @property
    def networks(self) -> Mapping[str, nn.Module]:
        """All trained networks by name; `MODEL` is saved as the model."""

    @property
    def optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        """Optimizers by name; the loop multiplies their initial learning rates by its schedule."""

    @property
    def crop(self) -> int:
        """Side of the training crops in pixels; 0 if the task uses no photographs."""

    def training_steps(self, batch: TrainingBatch) -> Iterator[OptimizerStep]:
        """Yield the losses of a step in order; each is minimized before the next is requested."""

    def validate(self, batch: TrainingBatch) -> Mapping[str, float]:
        """Return losses on held-out images, including `total`, without gradients and always on the same rows."""

    def sample(self, batch: TrainingBatch) -> Image:
        """Return the model's output for the validation images (or for noise), for viewing; without gradients."""
