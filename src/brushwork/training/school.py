"""Teaching: the loop of all trainings, with everything kept that was learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import torch

from brushwork import __version__
from brushwork.errors import BrushworkError, InputError
from brushwork.evaluate.wire import Wire
from brushwork.fast.architectures import architecture_of
from brushwork.fast.painter import Painter, save_painter
from brushwork.jobs.tensorfile import remove
from brushwork.picture import write_picture
from brushwork.training.checkpoint import Checkpoint
from brushwork.training.classroom import Classroom, examined
from brushwork.training.course import Course
from brushwork.training.descent import Descent
from brushwork.training.events import Begun, Event, Graduated, Judged, Learned, Told
from brushwork.training.history import History
from brushwork.training.lesson import Lesson
from brushwork.training.options import rate
from brushwork.training.state import put_back, taken
from brushwork.types import Image


def teach(
    lesson: Lesson,
    course: Course,
    device: torch.device,
    wire: Wire | None = None,
    interrupted: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Teach a lesson, step by step: `Begun`, then `Learned` for each iteration, `Judged` and `Told` now and then, and
    `Graduated` at the end, when the painter's file is there.

    The lesson's learners lie on the device. A checkpoint is written beside the output every `checkpoint_every` seconds,
    and removed at the end. When the iterator is closed or anything is raised, Ctrl-C included, the painter so far is
    written, and the checkpoint stays: with `resume` the training goes on from there, and ends bit for bit as if it had
    never been interrupted. With a `wire`, each rank learns from its rows of every batch; rank 0 keeps what is kept.
    Where `interrupted` says so, on any rank, all stop between two iterations by a KeyboardInterrupt.

    Raises: InputError: options, photographs or an output that cannot be used; a checkpoint of another training.
        BrushworkError: a loss that is not finite.
    """
    course.require_output()
    school = School(lesson, course, device, wire, interrupted)
    found = school.take_up()
    room = school.room
    yield Begun(device, course.options.iterations, found, room.photographs, room.held_out)
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
        interrupted: Callable[[], bool] = lambda: False,
    ) -> None:
        self._notes: list[str] = []
        self._lesson, self._course, self._wire, self._interrupted = lesson, course, wire, interrupted
        self.room = Classroom(lesson, course, device, wire, self._notes.append)
        self._descent = Descent(lesson, device, course.options.mixed_precision, wire)
        self._examination = self.room.examination()
        self._step, self._began, self._between = 0, monotonic(), True
        self._history = History()

    @property
    def _first(self) -> bool:
        """Whether this rank keeps what is kept."""
        return self._wire is None or self._wire.rank == 0

    def take_up(self) -> int:
        """Go on where a checkpoint stands, if that is wanted and there is one; how many iterations are done.

        Raises: InputError: it cannot be used.
        """
        course = self._course
        if not course.resume or not course.checkpoint.exists():
            return 0
        found = Checkpoint.read(course.checkpoint)
        found.require(course.about)
        put_back(self._lesson, found.tensors, dict(found.story["lesson"]))
        self._descent.scaler.load_state_dict(found.story["scaler"])
        self._step = found.step
        self._began = monotonic() - found.seconds
        self._history = History.read(course.history, found.step)
        return found.step

    def steps(self) -> Iterator[Event]:
        """The iterations that are left."""
        options, saved = self._course.options, monotonic()
        if self._step == 0:
            yield from self.judged()
        while self._step < options.iterations:
            yield self._learned()
            if self._step % options.validate_every == 0 or self._step == options.iterations:
                yield from self.judged()
            if monotonic() - saved >= self._course.checkpoint_every:
                self._attempt("the checkpoint", self._write)
                saved = monotonic()
            yield from self.told()
            if self._told_to_stop():
                raise KeyboardInterrupt

    def _learned(self) -> Learned:
        """One iteration. Interrupted within, weights are neither of this one nor of the one before."""
        self._between = False
        losses = self._descent.step(self.room.batch(self._step), rate(self._course.options, self._step))
        self._step += 1
        self._between = True
        self._history.add("learned", self._step, losses)
        return Learned(self._step, losses)

    def _told_to_stop(self) -> bool:
        """Whether any rank is."""
        if self._wire is None:
            return self._interrupted()
        return bool(self._wire.largest(torch.tensor([float(self._interrupted())]))[0] > 0)

    def _attempt(self, what: str, write: Callable[[], None]) -> None:
        """Write something; a full disk is told of, and does not end the training."""
        try:
            write()
        except (OSError, InputError) as error:
            self._notes.append(f"{what} could not be written ({error}); the training goes on.")

    def judged(self) -> Iterator[Event]:
        """The judgement by what is held out, by rank 0."""
        if self._examination is None or not self._first:
            return
        with examined(self._lesson), self._descent.mixed():
            losses = self._lesson.judge(self._examination)
            painted = self._lesson.show(self._examination)
        self._history.add("judged", self._step, losses)
        path = self._course.pictures / f"{self._step:06}.jpg"
        self._attempt("a validation picture", lambda: _draw(sheet(self._examination.pictures, painted), path))
        yield Judged(self._step, losses, path)

    def told(self) -> Iterator[Event]:
        """What was noted meanwhile."""
        while self._notes:
            yield Told(self._notes.pop(0))

    def keep(self, error: BaseException) -> None:
        """Keep what was learned, whatever happened; what cannot be kept is added to the error."""
        if not self._first or self._step == 0 or not self._between:
            return
        try:
            self._save()  # refuses weights that are not finite
            self._write()
        except (OSError, BrushworkError) as trouble:
            error.add_note(f"What was learned so far could not be kept whole: {trouble}")

    def graduate(self) -> Graduated:
        """Write the painter, and remove what kept the unfinished one."""
        course = self._course
        if self._first:
            self._history.write(course.history, self._about())
            self._save()
            remove(course.checkpoint)
        return Graduated(course.output, course.history, self._step, monotonic() - self._began)

    def _write(self) -> None:
        tensors, story = taken(self._lesson)
        if not self._first or not all(one.isfinite().all() for one in tensors.values()):
            return  # weights that are no numbers: the next iteration will find out
        told = {"lesson": story, "scaler": self._descent.scaler.state_dict()}
        seconds = monotonic() - self._began
        self._history.write(self._course.history, self._about())
        Checkpoint(self._step, seconds, self._course.about, told, tensors).write(self._course.checkpoint)

    def _save(self) -> None:
        course, settings = self._course, self._lesson.settings
        painter = Painter(
            course.name or course.output.stem,
            architecture_of(settings),
            settings,
            self._lesson.learners["painter"],
            course.style,
            self._about(),
            course.license,
        )
        save_painter(painter, course.output, overwrite=True)

    def _about(self) -> dict[str, object]:
        return {
            "brushwork": __version__,
            **self._course.about,
            "iterations_done": self._step,
            "seconds": round(monotonic() - self._began, 1),
            "photographs": self.room.photographs,
            "held_out": dict(self._history.last),
        }


def sheet(photographs: Image | None, painted: Image) -> Image:
    """Pictures side by side in one: photographs above, what was made of them below."""
    rows = [painted] if photographs is None or photographs.shape != painted.shape else [photographs, painted]
    return torch.cat([torch.cat(list(row.float().cpu()), dim=-1) for row in rows], dim=-2)[None].clamp(0, 1)


def _draw(picture: Image, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    write_picture(picture, path, overwrite=True)


def require_resumable(course: Course) -> None:
    """Refuse to go on where there is nothing to go on with.

    Raises: InputError.
    """
    if course.resume and not course.checkpoint.exists() and course.output.exists():
        raise InputError(f"{course.output} is finished: nothing is left to go on with. Begin anew with --force.")
