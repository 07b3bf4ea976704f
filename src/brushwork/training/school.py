"""Teaching: the loop of all trainings, with everything kept that was learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic
from typing import TypeVar

import torch

from brushwork.errors import BrushworkError, InputError, Stopped
from brushwork.evaluate.wire import Wire
from brushwork.jobs.keeper import FIRST_CHECKPOINT
from brushwork.training.classroom import Classroom, examined
from brushwork.training.course import Course
from brushwork.training.descent import Descent
from brushwork.training.events import Begun, Event, Graduated, Judged, Learned, Told
from brushwork.training.keeper import Keeper
from brushwork.training.lesson import Lesson
from brushwork.training.options import rate

T = TypeVar("T")


def teach(
    lesson: Lesson,
    course: Course,
    device: torch.device,
    wire: Wire | None = None,
    interrupted: Callable[[], int] = int,
) -> Iterator[Event]:
    """Teach a lesson, step by step: `Begun`, then `Learned` for each iteration, `Judged` and `Told` now and then, and
    `Graduated` at the end, when the painter's file is there.

    The lesson's learners lie on the device. A checkpoint is written beside the output after 5 seconds, and then every
    `checkpoint_every` seconds, and removed at the end. When the iterator is closed or anything is raised, Ctrl-C
    included, the painter so far is written, and the checkpoint stays: with `resume` the training goes on from there,
    and ends bit for bit as if it had never been interrupted. With a `wire`, each rank learns from its rows of every
    batch; rank 0 keeps what is kept. Where `interrupted` gives the number of a signal, on any rank, all stop between
    two iterations by `Stopped`, a KeyboardInterrupt.

    Raises: InputError: options, photographs or an output that cannot be used; a checkpoint of another training.
        BrushworkError: a loss that is not finite.
    """
    course.require_output()
    school = School(lesson, course, device, wire, interrupted)
    yield school.begun()
    try:
        yield from school.steps()
    except BaseException as error:
        school.keep(error)
        raise
    yield from school.told()
    yield school.graduate()


class School:
    """A lesson, and where it stands."""

    def __init__(
        self,
        lesson: Lesson,
        course: Course,
        device: torch.device,
        wire: Wire | None = None,
        interrupted: Callable[[], int] = int,
    ) -> None:
        self._notes: list[str] = []
        self._lesson, self._course, self._device = lesson, course, device
        self._wire, self._interrupted = wire, interrupted
        self._room = Classroom(lesson, course, device, wire, self._notes.append)
        self._descent = Descent(lesson, device, course.options.mixed_precision, wire)
        self._keeper = Keeper(lesson, course, self._descent.scaler, self._room.photographs)
        self._examination = self._room.examination()
        self._step, self._between = 0, True

    def begun(self) -> Begun:
        """Take up what was kept, if that is wanted.

        Raises: InputError: it cannot be used, or not all ranks have it.
        """
        self._step = self._keeper.take_up()
        if self._wire is not None and len(set(self._wire.all(self._step))) > 1:
            raise InputError(f"not all processes find {self._course.checkpoint}: put it where all of them can read it.")
        room = self._room
        return Begun(self._device, self._course.options.iterations, self._step, room.photographs, room.held_out)

    def steps(self) -> Iterator[Event]:
        """The iterations that are left."""
        options, due = self._course.options, monotonic() + min(self._course.checkpoint_every, FIRST_CHECKPOINT)
        if self._step == 0:
            yield from self._judged()
        while self._step < options.iterations:
            yield self._learned()
            if self._step % options.validate_every == 0 or self._step == options.iterations:
                yield from self._judged()
            if self._first and monotonic() >= due:
                self._attempt("the checkpoint", lambda: self._keeper.checkpoint(self._step))
                due = monotonic() + self._course.checkpoint_every
            yield from self.told()
            if signal := self._heard():
                raise Stopped(signal)

    def told(self) -> Iterator[Event]:
        """What was noted meanwhile."""
        while self._notes:
            yield Told(self._notes.pop(0))

    def keep(self, error: BaseException) -> None:
        """Keep what was learned, whatever happened; what cannot be kept is added to the error.

        Within an iteration, weights are neither of this one nor of the one before: the last checkpoint stays.
        """
        if not self._first or self._step == 0 or not self._between:
            return
        for keep in (self._keeper.painter, self._keeper.checkpoint):
            try:
                keep(self._step)
            except (OSError, BrushworkError) as trouble:
                error.add_note(f"What was learned so far could not be kept whole: {trouble}")

    def graduate(self) -> Graduated:
        """The end."""
        if self._first:
            self._keeper.finish(self._step)
        return Graduated(self._course.output, self._course.history, self._step, self._keeper.seconds)

    @property
    def _first(self) -> bool:
        """Whether this rank keeps what is kept."""
        return self._wire is None or self._wire.rank == 0

    def _learned(self) -> Learned:
        """One iteration."""
        self._between = False
        losses = self._descent.step(self._room.batch(self._step), rate(self._course.options, self._step))
        self._step += 1
        self._between = True
        self._keeper.history.add("learned", self._step, losses)
        return Learned(self._step, losses)

    def _judged(self) -> Iterator[Event]:
        """The judgement by what is held out, by rank 0."""
        batch = self._examination
        if batch is None or not self._first:
            return
        with examined(self._lesson), self._descent.mixed():
            losses, painted = self._lesson.judge(batch), self._lesson.show(batch)
        self._keeper.history.add("judged", self._step, losses)
        path = self._attempt("a validation picture", lambda: self._keeper.picture(self._step, batch.pictures, painted))
        yield Judged(self._step, losses, path)

    def _heard(self) -> int:
        """The signal that any rank heard; 0: none."""
        if self._wire is None:
            return self._interrupted()
        return int(self._wire.largest(torch.tensor([float(self._interrupted())]))[0])

    def _attempt(self, what: str, write: Callable[[], T]) -> T | None:
        """Write something; a full disk is told of, and does not end the training."""
        try:
            return write()
        except (OSError, InputError) as error:
            self._notes.append(f"{what} could not be written ({error}); the training goes on.")
            return None
