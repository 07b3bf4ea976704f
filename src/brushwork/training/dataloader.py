"""Data loading for a training task: this rank's rows of each batch, on the device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import torch

from brushwork.distributed.process_group import ProcessGroup
from brushwork.errors import InputError
from brushwork.training.config import TrainingConfig
from brushwork.training.dataset import PhotoDataset, list_photos, split
from brushwork.training.task import TrainingBatch, TrainingTask
from brushwork.types import Image


class BatchLoader:
    """Builds the batches of a training; a given step always gets the same batch."""

    def __init__(
        self,
        task: TrainingTask,
        config: TrainingConfig,
        device: torch.device,
        group: ProcessGroup | None,
        note: Callable[[str], None],
    ) -> None:
        """Open the photographs of a task.

        Raises: InputError: the task needs photographs and none were given, or the batch cannot be divided among the
        ranks.
        """
        self._crop, self._options, self._device = task.crop, config.options, device
        rank, count = (0, 1) if group is None else (group.rank, group.world_size)
        if self._options.batch % count:
            raise InputError(f"batch is {self._options.batch}: it must be a multiple of the {count} processes.")
        self._own = self._options.batch // count
        if self._own < self._options.min_images:
            least = self._options.min_images * count
            raise InputError(f"batch is {self._options.batch}: with {count} processes it must be {least} or more.")
        self._first = rank * self._own
        self._train_set, self._val_set = _make_datasets(task, config, note if rank == 0 else lambda _: None)
        self._crops = Prefetcher(self._cut, device.type != "cpu")

    @property
    def n_photos(self) -> int:
        """Number of training photographs."""
        return len(self._train_set or ())

    @property
    def n_val_images(self) -> int:
        """Number of validation photographs."""
        return len(self._val_set or ())

    def batch(self, step: int) -> TrainingBatch:
        """Return the training batch of a step.

        Raises: InputError: no photograph can be read.
        """
        return self._make_batch(step, self._first, self._own, self._options.batch, self._crops(step))

    def validation_batch(self) -> TrainingBatch | None:
        """Return the validation batch, which is always the same, or None if nothing is held out."""
        rows = self._options.val_images if self._val_set is None else self.n_val_images
        if self._crop and self._val_set is None:
            return None
        if not rows:
            return None
        images = None if self._val_set is None else self._val_set.center_crops(rows, self._crop)
        return self._make_batch(_VALIDATION, 0, rows, rows, images)

    def _cut(self, step: int) -> Image | None:
        """Return this rank's crops for a step."""
        first = step * self._options.batch + self._first
        return None if self._train_set is None else self._train_set.batch(range(first, first + self._own), self._crop)

    def _make_batch(self, step: int, first: int, size: int, whole: int, images: Image | None) -> TrainingBatch:
        on_device = None if images is None else images.to(self._device)
        return TrainingBatch(step, self._options.seed, first, size, whole, self._device, on_device)


class Prefetcher:
    """Prepares the crops of each step; on an accelerator, prefetches those of the next step in the background."""

    def __init__(self, make: Callable[[int], Image | None], ahead: bool) -> None:
        self._make = make
        self._worker = ThreadPoolExecutor(1) if ahead else None
        self._coming: tuple[int, Future[Image | None]] | None = None

    def __call__(self, step: int) -> Image | None:
        """Return the crops of a step; crops prefetched for a different step are discarded."""
        if self._worker is None:
            return self._make(step)
        if self._coming is None or self._coming[0] != step:
            self._coming = step, self._worker.submit(self._make, step)
        found = self._coming[1].result()
        self._coming = step + 1, self._worker.submit(self._make, step + 1)
        return found


_VALIDATION = -1
"""Step number of the validation batch, which no training batch has."""


def _make_datasets(
    task: TrainingTask, config: TrainingConfig, note: Callable[[str], None]
) -> tuple[PhotoDataset | None, PhotoDataset | None]:
    if not task.crop:
        return None, None
    if config.photos is None:
        raise InputError("no photographs were given: give a folder of them with --dataset.")
    options, side = config.options, max(config.photo_size, task.crop)
    train, held_out = split(list_photos(config.photos).images, options.val_images, options.seed)
    made = [PhotoDataset(files, side, options.seed, note) if files else None for files in (train, held_out)]
    return made[0], made[1]


@contextmanager
def eval_mode(task: TrainingTask) -> Iterator[None]:
    """Put the task's networks in evaluation mode, in which batch norm uses its running statistics."""
    for network in task.networks.values():
        network.eval()
    try:
        yield
    finally:
        for network in task.networks.values():
            network.train()
