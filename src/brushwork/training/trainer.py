"""The training loop, with checkpoints, validation and output files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, nan
from time import monotonic
from typing import TypeVar

import torch

from brushwork.distributed.process_group import ProcessGroup
from brushwork.errors import BrushworkError, InputError, StopSignalError
from brushwork.jobs.events import Finished, JobEvent, Note, Started, StepDone, Validated
from brushwork.jobs.writer import FIRST_CHECKPOINT
from brushwork.training.config import TrainingConfig
from brushwork.training.dataloader import BatchLoader, eval_mode
from brushwork.training.gradient_step import GradientStep
from brushwork.training.options import learning_rate_factor
from brushwork.training.task import TrainingTask
from brushwork.training.writer import TrainingWriter

T = TypeVar("T")


def train_task(
    task: TrainingTask,
    config: TrainingConfig,
    device: torch.device,
    group: ProcessGroup | None = None,
    should_stop: Callable[[], int] = int,
) -> Iterator[JobEvent]:
    """Train a task step by step and yield events.

    `Started` comes first, then `StepDone` for each iteration, `Validated` and `Note` now and then, and `Finished` when
    the model file is written.

    The task's networks must be on the device. A checkpoint is written beside the output every `checkpoint_every`
    seconds, the first after 5 at most (None: only when interrupted), and removed at the end. When the iterator is
    closed or an exception, Ctrl-C included, is raised between two iterations, the current model and a checkpoint are
    written. In the middle of an iteration nothing is written, and the last checkpoint stays. With `resume`, training
    continues from the checkpoint, and ends bit for bit as if it had never been interrupted. With a `group`, each rank
    trains on its rows of every batch, and rank 0 writes the files. If `should_stop` returns a signal number on any
    rank, all ranks stop between two iterations with `StopSignalError`, a KeyboardInterrupt.

    Raises: InputError: invalid options, photographs or output; a checkpoint of another training.
        BrushworkError: a loss is not finite.
    """
    config.require_output()
    trainer = Trainer(task, config, device, group, should_stop)
    yield trainer.start()
    yield from trainer.notes()
    try:
        yield from trainer.steps()
        yield from trainer.notes()
        finished = trainer.finish()
    except BaseException as error:
        trainer.save(error)
        raise
    yield finished


class Trainer:
    """A training task and its progress."""

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

    def start(self) -> Started:
        """Resume from a checkpoint if requested, and return the start event.

        Raises: InputError: the checkpoint cannot be used, or not all ranks have it.
        """
        self._step = self._writer.resume()
        if self._group is not None and len(set(self._group.all_gather(self._step))) > 1:
            raise InputError(f"not all processes find {self._config.checkpoint}: put it where all of them can read it.")
        if count := self._loader.n_photos:
            photographs = "photograph" if count == 1 else "photographs"
            self._notes.insert(0, f"{count} {photographs}, {self._loader.n_val_images} held out")
        return Started(self._device, self._config.options.iterations, self._step)

    def steps(self) -> Iterator[JobEvent]:
        """Run the remaining iterations."""
        options, every = self._config.options, self._config.checkpoint_every
        due = inf if every is None else monotonic() + min(every, FIRST_CHECKPOINT)
        if self._step == 0:
            yield from self._validate()
        while self._step < options.iterations:
            yield self._train_step()
            if self._step % options.validate_every == 0 or self._step == options.iterations:
                yield from self._validate()
            if self._first and every is not None and monotonic() >= due:
                self._attempt("the checkpoint", lambda: self._writer.checkpoint(self._step))
                due = monotonic() + every
            yield from self.notes()
            if signal := self._stop_signal():
                raise StopSignalError(signal)

    def notes(self) -> Iterator[JobEvent]:
        """Yield pending notes."""
        while self._notes:
            yield Note(self._notes.pop(0))

    def save(self, error: BaseException) -> None:
        """Save the model and a checkpoint after an exception.

        A file that cannot be saved is reported by a note added to the error.

        In the middle of an iteration, the weights are inconsistent: nothing is saved, and the last checkpoint stays.
        """
        if not self._first or self._step == 0 or not self._between:
            return
        self._keep(self._writer.write_model, error)
        if self._keep(self._writer.checkpoint, error) and isinstance(error, InputError):
            error.add_note(f"{self._config.checkpoint} holds what was trained: continue with --resume.")

    def _keep(self, write: Callable[[int], None], error: BaseException) -> bool:
        """Write a file after an exception, and return whether it was; if not, a note says why."""
        try:
            write(self._step)
        except (OSError, BrushworkError) as trouble:
            if str(trouble) != str(error):
                error.add_note(f"The model so far could not be saved completely: {trouble}")
            return False
        return True

    def finish(self) -> Finished:
        """Write the final files and return the end event."""
        if self._first:
            self._writer.finish(self._step)
        losses = self._writer.history.final
        total = losses.pop("total", nan)
        return Finished(self._config.output, total, losses, self._step, self._writer.seconds)

    @property
    def _first(self) -> bool:
        """Whether this rank writes the files."""
        return self._group is None or self._group.rank == 0

    def _train_step(self) -> StepDone:
        """Run one iteration."""
        self._between = False
        losses = self._gradient_step.step(
            self._loader.batch(self._step), learning_rate_factor(self._config.options, self._step)
        )
        self._step += 1
        self._between = True
        self._writer.history.add("training", self._step, losses)
        return StepDone(self._step, losses)

    def _validate(self) -> Iterator[JobEvent]:
        """Validate on the held-out images, on rank 0."""
        batch = self._validation_batch
        if batch is None or not self._first:
            return
        with eval_mode(self._task), self._gradient_step.autocast():
            losses, painted = self._task.validate(batch), self._task.sample(batch)
        self._writer.history.add("validation", self._step, losses)
        path = self._attempt(
            "a validation picture", lambda: self._writer.write_image(self._step, batch.pictures, painted)
        )
        yield Validated(self._step, losses, path)

    def _stop_signal(self) -> int:
        """Return the signal that any rank received, or 0."""
        if self._group is None:
            return self._should_stop()
        return int(self._group.all_reduce_max(torch.tensor([float(self._should_stop())]))[0])

    def _attempt(self, what: str, write: Callable[[], T]) -> T | None:
        """Write a file; a failure such as a full disk is noted and does not end training."""
        try:
            return write()
        except (OSError, InputError) as error:
            self._notes.append(f"{what} could not be written ({error}); training continues.")
            return None
