"""Keeps what was painted: checkpoints on the way, the picture at the end or at an interruption."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic

from brushwork.errors import BrushworkError
from brushwork.jobs.checkpoint import Checkpoint, Standing
from brushwork.jobs.events import Finished
from brushwork.jobs.inscription import inscribe
from brushwork.jobs.job import Job
from brushwork.jobs.prepare import Desk
from brushwork.jobs.rehearse import optimizer_memory
from brushwork.jobs.tensorfile import remove
from brushwork.picture import Size, resize, write_picture
from brushwork.recipes import Level, Progress, finish
from brushwork.types import Image

_PATIENCE = 20
"""A checkpoint is followed by painting for at least so many times as long as it took: they cost 5 % at most."""

FIRST_CHECKPOINT = 5.0
"""Seconds after which the first checkpoint is due, where those between checkpoints are more."""

_GIGABYTE = 1e9


class Keeper:
    """Remembers where a painting stands, and writes it down in time."""

    def __init__(self, desk: Desk, checkpoint: Checkpoint | None, every: float | None, replacing: bool) -> None:
        """`every`: seconds between checkpoints, the first of which comes sooner; None: only at an interruption."""
        self._standing: Standing | Callable[[], Standing] | None = checkpoint.standing if checkpoint else None
        self.notes = list(dict.fromkeys((*(checkpoint.notes if checkpoint else ()), *desk.notes)))
        self._desk, self._every, self._replacing = desk, every, replacing
        self._fresh = False  # a step since the last checkpoint
        self._began = monotonic() - (checkpoint.seconds if checkpoint else 0.0)
        self._due = None if every is None else monotonic() + min(every, FIRST_CHECKPOINT)

    @property
    def standing(self) -> Standing | None:
        """Where the painting stands; None before its first step."""
        if callable(self._standing):
            self._standing = self._standing()
        return self._standing

    @standing.setter
    def standing(self, standing: Standing | None) -> None:
        self._standing = standing

    @property
    def seconds(self) -> float:
        """Spent on painting, before a resumption too."""
        return monotonic() - self._began

    @property
    def due(self) -> bool:
        """Whether it is time for a checkpoint."""
        return self._due is not None and monotonic() >= self._due

    def see(self, progress: Progress) -> None:
        """Take notice of a step."""
        if progress.step.note:
            self.notes.append(progress.step.note)
        self._standing, self._fresh = Standing.of(progress), True

    def with_less(self, desk: Desk) -> str:
        """Go on at another desk, because memory ran out. What happened, in a sentence."""
        self._desk = desk
        self.notes.append(f"memory ran out: the network looks at {desk.record.tiling} from here on.")
        return self.notes[-1]

    def checkpoint_in_time(self) -> str | None:
        """Write a checkpoint if it is time. What went wrong, in a sentence; the checkpoint before then stays."""
        if self._every is None or not self.due:
            return None
        begin = monotonic()
        try:
            self._write_checkpoint()
        except OSError as error:
            self._due = None
            self.notes.append(f"no more checkpoints are written: {self._desk.job.checkpoint}: {error.strerror}.")
            return self.notes[-1]
        self._due = monotonic() + max(self._every, _PATIENCE * (monotonic() - begin))
        return None

    def keep(self, best: Image | None = None) -> None:
        """Write the picture so far (or the best one) and a checkpoint, as far as each can be written.

        Raises: OSError, BrushworkError: from the first of them that cannot.
        """
        if self.standing is None:
            return
        trouble: OSError | BrushworkError | None = None
        try:
            self._write_checkpoint()
        except (OSError, BrushworkError) as error:
            trouble = error
        self._write_picture(self.standing.image if best is None else best, self.standing, finished=False)
        if trouble is not None:
            raise trouble

    def finish(self) -> Finished:
        """Write the picture, and drop the checkpoint.

        Raises: InputError: the picture cannot be written.
        """
        if self.standing is None:
            raise BrushworkError("the recipe made no step: this is a bug of brushwork.")
        self._write_picture(self.standing.image, self.standing, finished=True)
        with suppress(OSError):
            remove(self._desk.job.checkpoint)
        _, closures, total, losses = self.standing
        return Finished(self._desk.job.output, total, losses, closures, self.seconds, tuple(self.notes))

    def _write_checkpoint(self) -> None:
        if self.standing is None or not self._fresh:
            return
        checkpoint = Checkpoint(self._desk.record, self.standing, self.seconds, tuple(self.notes))
        checkpoint.write(self._desk.job.checkpoint)
        self._fresh = False

    def _write_picture(self, image: Image, standing: Standing, *, finished: bool) -> None:
        desk = self._desk
        write_picture(
            finish(desk.job.options, desk.inputs.content.image, image),
            desk.job.output,
            alpha=None if desk.alpha is None else resize(desk.alpha, Size.of(image), clamp=True),
            metadata=inscribe(desk.record, standing, finished=finished),
            bits=desk.bits,
            pyramid=desk.job.pyramid,
            overwrite=self._replacing,
        )


def shortage(job: Job, levels: Sequence[Level]) -> str | None:
    """That the disk has no room for checkpoints, in a sentence.

    A checkpoint replaces the one before when it is complete: for a moment there are two.
    """
    closures = sum(level.closures for level in levels)
    needed = 2 * optimizer_memory(job.options, levels[-1].size, closures, in_full=True)
    own = job.checkpoint.stat().st_size if job.checkpoint.is_file() else 0
    free = shutil.disk_usage(job.checkpoint.parent).free + own
    if free >= needed:
        return None
    return (
        f"no checkpoints are written: they may take {needed / _GIGABYTE:.2f} GB, and the disk of "
        f"{job.checkpoint.parent} has {free / _GIGABYTE:.2f} GB left."
    )
