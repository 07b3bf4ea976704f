"""What is kept of a training: checkpoints on the way, losses, pictures, and the painter."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Any

import torch

from brushwork import __version__
from brushwork.errors import InputError
from brushwork.fast.architectures import architecture_of
from brushwork.fast.painter import Painter, save_painter
from brushwork.jobs.tensorfile import remove
from brushwork.picture import write_picture
from brushwork.training.checkpoint import Checkpoint
from brushwork.training.course import Course
from brushwork.training.history import History
from brushwork.training.lesson import Lesson
from brushwork.training.state import put_back, taken
from brushwork.types import Image


class Keeper:
    """Writes down where a training stands, and takes it up again."""

    def __init__(self, lesson: Lesson, course: Course, scaler: torch.amp.GradScaler, photographs: int) -> None:
        """`scaler` is a part of the state; `photographs`: how many are learned from."""
        self.history = History()
        self._lesson, self._course, self._scaler, self._photographs = lesson, course, scaler, photographs
        self._began = monotonic()

    @property
    def seconds(self) -> float:
        """Spent on learning, before a resumption too."""
        return monotonic() - self._began

    def take_up(self) -> int:
        """Put back what a checkpoint kept, if that is wanted and there is one; how many iterations are done.

        Raises: InputError: it cannot be used.
        """
        course = self._course
        if not course.resume or not course.checkpoint.exists():
            return 0
        found = Checkpoint.read(course.checkpoint)
        found.require(course.about)
        put_back(self._lesson, found.tensors, dict(found.story["lesson"]))
        self._scaler.load_state_dict(found.story["scaler"])
        self._began = monotonic() - found.seconds
        self.history = History.read(course.history, found.step)
        return found.step

    def checkpoint(self, step: int) -> None:
        """Keep all that going on needs, unless weights are no numbers: the next iteration will find that out.

        Raises: OSError, InputError: it cannot be written.
        """
        tensors, story = taken(self._lesson)
        if not all(one.isfinite().all() for one in tensors.values()):
            return
        told = {"lesson": story, "scaler": self._scaler.state_dict()}
        self.history.write(self._course.history, self._about(step))
        Checkpoint(step, self.seconds, self._course.about, told, tensors).write(self._course.checkpoint)

    def painter(self, step: int) -> None:
        """Write the painter as it is now.

        Raises: InputError: it cannot be written, or its weights are no numbers.
        """
        course, settings = self._course, self._lesson.settings
        learned = self._lesson.learners["painter"]
        name, architecture = course.name or course.output.stem, architecture_of(settings)
        painter = Painter(name, architecture, settings, learned, course.style, self._about(step), course.license)
        save_painter(painter, course.output, overwrite=True)

    def finish(self, step: int) -> None:
        """Write the painter and its losses, and remove what kept the unfinished one.

        Raises: InputError: they cannot be written.
        """
        self.history.write(self._course.history, self._about(step))
        self.painter(step)
        remove(self._course.checkpoint)

    def picture(self, step: int, photographs: Image | None, painted: Image) -> Path:
        """Draw what was made of the held-out photographs.

        Raises: InputError, OSError: it cannot be written.
        """
        path = self._course.pictures / f"{step:06}.jpg"
        path.parent.mkdir(exist_ok=True)
        return write_picture(sheet(photographs, painted), path, overwrite=True)

    def _about(self, step: int) -> dict[str, Any]:
        return {
            "brushwork": __version__,
            **self._course.about,
            "iterations_done": step,
            "seconds": round(self.seconds, 1),
            "photographs": self._photographs,
            "held_out": dict(self.history.last),
        }


def sheet(photographs: Image | None, painted: Image) -> Image:
    """Pictures side by side in one: photographs above, what was made of them below."""
    rows = [painted] if photographs is None or photographs.shape != painted.shape else [photographs, painted]
    return torch.cat([torch.cat(list(row.float().cpu()), dim=-1) for row in rows], dim=-2)[None].clamp(0, 1)


def require_resumable(course: Course) -> None:
    """Refuse to go on where there is nothing to go on with.

    Raises: InputError.
    """
    if course.resume and not course.checkpoint.exists() and course.output.exists():
        raise InputError(f"{course.output} is finished: nothing is left to go on with. Begin anew with --force.")
