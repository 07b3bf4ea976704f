"""Teaching: the loop of all trainings, with everything kept that was learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic
from typing import TypeVar

import torch

from brushwork.distributed.process_group import ProcessGroup
from brushwork.errors import BrushworkError, InputError, StopSignalError
from brushwork.jobs.writer import FIRST_CHECKPOINT
from brushwork.training.config import TrainingConfig
from brushwork.training.dataloader import BatchLoader, eval_mode
from brushwork.training.events import (
    StepDone,
    TrainingEvent,
    TrainingFinished,
    TrainingNote,
    TrainingStarted,
    Validated,
)
from brushwork.training.optimization import GradientStep
from brushwork.training.options import learning_rate_factor
from brushwork.training.task import TrainingTask
from brushwork.training.writer import TrainingWriter

T = TypeVar("T")


def train(
    task: TrainingTask,
    config: TrainingConfig,
    device: torch.device,
    group: ProcessGroup | None = None,
    should_stop: Callable[[], int] = int,
) -> Iterator[TrainingEvent]:
    """Teach a lesson, step by step: `TrainingStarted`, then `StepDone` for each iteration, `Validated` and
    `TrainingNote` now and then, and `TrainingFinished` at the end, when the painter's file is there.

    The lesson's learners lie on the device. A checkpoint is written beside the output after 5 seconds, and then every
    `checkpoint_every` seconds, and removed at the end. When the iterator is closed or anything is raised, Ctrl-C
    included, the painter so far is written, and the checkpoint stays: with `resume` the training goes on from there,
    and ends bit for bit as if it had never been interrupted. With a `group`, each rank learns from its rows of every
    batch; rank 0 keeps what is kept. Where `should_stop` gives the number of a signal, on any rank, all stop between
    two iterations by `StopSignalError`, a KeyboardInterrupt.

    Raises: InputError: options, photographs or an output that cannot be used; a checkpoint of another training.
        BrushworkError: a loss that is not finite.
    """
    config.require_output()
    trainer = Trainer(task, config, device, group, should_stop)
    yield trainer.start()
    try:
        yield from trainer.steps()
    except BaseException as error:
        trainer.save(error)
        raise
    yield from trainer.notes()
    yield trainer.finish()


class Trainer:
    """A lesson, and where it stands."""

    def __init__(
        self,
        task: TrainingTask,
        config: TrainingConfig,
        device: torch.device,
        group: ProcessGroup | None = None,
        should_stop: Callable[[], int] = int,
    ) -> None:
        self._notes: list[str] = []
        self._task, self._config, self._device = task, config, device
        self._group, self._should_stop = group, should_stop
        self._loader = BatchLoader(task, config, device, group, self._notes.append)
        self._gradient_step = GradientStep(task, device, config.options.mixed_precision, group)
        self._writer = TrainingWriter(task, config, self._gradient_step.scaler, self._loader.n_photos)
        self._validation_batch = self._loader.validation_batch()
        self._step, self._between = 0, True

    def start(self) -> TrainingStarted:
        """Take up what was kept, if that is wanted.

        Raises: InputError: it cannot be used, or not all ranks have it.
        """
        self._step = self._writer.resume()
        if self._group is not None and len(set(self._group.all_gather(self._step))) > 1:
            raise InputError(f"not all processes find {self._config.checkpoint}: put it where all of them can read it.")
        loader = self._loader
        return TrainingStarted(
            self._device, self._config.options.iterations, self._step, loader.n_photos, loader.n_val_images
        )

    def steps(self) -> Iterator[TrainingEvent]:
        """The iterations that are left."""
        options, due = self._config.options, monotonic() + min(self._config.checkpoint_every, FIRST_CHECKPOINT)
        if self._step == 0:
            yield from self._validate()
        while self._step < options.iterations:
            yield self._train_step()
            if self._step % options.validate_every == 0 or self._step == options.iterations:
                yield from self._validate()
            if self._first and monotonic() >= due:
                self._attempt("the checkpoint", lambda: self._writer.checkpoint(self._step))
                due = monotonic() + self._config.checkpoint_every
            yield from self.notes()
            if signal := self._heard():
                raise StopSignalError(signal)

    def notes(self) -> Iterator[TrainingEvent]:
        """What was noted meanwhile."""
        while self._notes:
            yield TrainingNote(self._notes.pop(0))

    def save(self, error: BaseException) -> None:
        """Keep what was learned, whatever happened; what cannot be kept is added to the error.

        Within an iteration, weights are neither of this one nor of the one before: the last checkpoint stays.
        """
        if not self._first or self._step == 0 or not self._between:
            return
        for keep in (self._writer.write_model, self._writer.checkpoint):
            try:
                keep(self._step)
            except (OSError, BrushworkError) as trouble:
                error.add_note(f"What was learned so far could not be kept whole: {trouble}")

    def finish(self) -> TrainingFinished:
        """The end."""
        if self._first:
            self._writer.finish(self._step)
        return TrainingFinished(self._config.output, self._config.history, self._step, self._writer.seconds)

    @property
    def _first(self) -> bool:
        """Whether this rank keeps what is kept."""
        return self._group is None or self._group.rank == 0

    def _train_step(self) -> StepDone:
        """One iteration."""
        self._between = False
        losses = self._gradient_step.step(
            self._loader.batch(self._step), learning_rate_factor(self._config.options, self._step)
        )
        self._step += 1
        self._between = True
        self._writer.history.add("learned", self._step, losses)
        return StepDone(self._step, losses)

    def _validate(self) -> Iterator[TrainingEvent]:
        """The judgement by what is held out, by rank 0."""
        batch = self._validation_batch
        if batch is None or not self._first:
            return
        with eval_mode(self._task), self._gradient_step.autocast():
            losses, painted = self._task.validate(batch), self._task.sample(batch)
        self._writer.history.add("judged", self._step, losses)
        path = self._attempt(
            "a validation picture", lambda: self._writer.write_image(self._step, batch.pictures, painted)
        )
        yield Validated(self._step, losses, path)

    def _heard(self) -> int:
        """The signal that any rank heard; 0: none."""
        if self._group is None:
            return self._should_stop()
        return int(self._group.all_reduce_max(torch.tensor([float(self._should_stop())]))[0])

    def _attempt(self, what: str, write: Callable[[], T]) -> T | None:
        """Write something; a full disk is told of, and does not end the training."""
        try:
            return write()
        except (OSError, InputError) as error:
            self._notes.append(f"{what} could not be written ({error}); the training goes on.")
            return None
