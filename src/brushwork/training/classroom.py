"""What a lesson is taught with: photographs, the rows of this rank, the device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import torch

from brushwork.errors import InputError
from brushwork.evaluate.wire import Wire
from brushwork.training.course import Course
from brushwork.training.lesson import Batch, Lesson
from brushwork.training.photographs import Photographs, divided, photographs_in
from brushwork.types import Image


class Classroom:
    """Makes the batches of a training, the same for the same step."""

    def __init__(
        self, lesson: Lesson, course: Course, device: torch.device, wire: Wire | None, note: Callable[[str], None]
    ) -> None:
        """Raises: InputError: no photographs where they are wanted; a batch that the ranks cannot share."""
        self._crop, self._options, self._device = lesson.crop, course.options, device
        rank, count = (0, 1) if wire is None else (wire.rank, wire.count)
        if self._options.batch % count:
            raise InputError(f"batch is {self._options.batch}: it must be a multiple of the {count} processes.")
        self._own = self._options.batch // count
        self._first = rank * self._own
        self._learned, self._held = _photographs(lesson, course, note if rank == 0 else lambda _: None)
        self._crops = Ahead(self._cut, device.type != "cpu")

    @property
    def photographs(self) -> int:
        """How many are learned from."""
        return len(self._learned or ())

    @property
    def held_out(self) -> int:
        """How many are judged by."""
        return len(self._held or ())

    def batch(self, step: int) -> Batch:
        """What a step learns from.

        Raises: InputError: no photograph can be read.
        """
        return self._made(step, self._first, self._own, self._options.batch, self._crops(step))

    def examination(self) -> Batch | None:
        """What is judged by: the same at every judgement; None: nothing is held out."""
        rows = self._options.held_out if self._held is None else self.held_out
        if self._crop and self._held is None:
            return None
        if not rows:
            return None
        pictures = None if self._held is None else self._held.middles(rows, self._crop)
        return self._made(_EXAMINED, 0, rows, rows, pictures)

    def _cut(self, step: int) -> Image | None:
        """This rank's crops for a step."""
        first = step * self._options.batch + self._first
        return None if self._learned is None else self._learned.batch(range(first, first + self._own), self._crop)

    def _made(self, step: int, first: int, size: int, whole: int, pictures: Image | None) -> Batch:
        on_device = None if pictures is None else pictures.to(self._device)
        return Batch(step, self._options.seed, first, size, whole, self._device, on_device)


class Ahead:
    """Makes what each step needs; while an accelerator computes one step, already that of the next."""

    def __init__(self, make: Callable[[int], Image | None], ahead: bool) -> None:
        self._make = make
        self._worker = ThreadPoolExecutor(1) if ahead else None
        self._coming: tuple[int, Future[Image | None]] | None = None

    def __call__(self, step: int) -> Image | None:
        """What a step needs; what was made for another one is let go."""
        if self._worker is None:
            return self._make(step)
        if self._coming is None or self._coming[0] != step:
            self._coming = step, self._worker.submit(self._make, step)
        found = self._coming[1].result()
        self._coming = step + 1, self._worker.submit(self._make, step + 1)
        return found


_EXAMINED = -1
"""The step of what is judged by: no batch has it."""


def _photographs(
    lesson: Lesson, course: Course, note: Callable[[str], None]
) -> tuple[Photographs | None, Photographs | None]:
    if not lesson.crop:
        return None, None
    if course.photographs is None:
        raise InputError("no photographs were given: name a folder of them with --photos.")
    options, side = course.options, max(course.photo_size, lesson.crop)
    learned, held = divided(photographs_in(course.photographs).pictures, options.held_out, options.seed)
    made = [Photographs(files, side, options.seed, note) if files else None for files in (learned, held)]
    return made[0], made[1]


@contextmanager
def examined(lesson: Lesson) -> Iterator[None]:
    """Learners as they paint: batch norm by its running means."""
    for learner in lesson.learners.values():
        learner.eval()
    try:
        yield
    finally:
        for learner in lesson.learners.values():
            learner.train()
