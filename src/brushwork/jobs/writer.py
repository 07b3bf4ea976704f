"""Write the checkpoints of a job, and its image at the end or when it is interrupted."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Self, cast

from brushwork.errors import BrushworkError
from brushwork.images import Size, resize, write_image
from brushwork.jobs.checkpoint import JobCheckpoint
from brushwork.jobs.events import Finished, Note, Started
from brushwork.jobs.job import Job
from brushwork.jobs.manifest import embed_result
from brushwork.jobs.method import JobStep, Snapshot
from brushwork.jobs.peak_memory import optimizer_memory
from brushwork.jobs.preflight import PreparedJob
from brushwork.jobs.resume import resume_notes
from brushwork.options import require_interval
from brushwork.recipes import RecipeOptions, ScheduleLevel
from brushwork.storage.tensors import remove_file
from brushwork.types import Image
from brushwork.units import format_gigabytes

_PATIENCE = 20
"""Least time between checkpoints, as a multiple of the time to write one: they cost 5 % at most."""

FIRST_CHECKPOINT = 5.0
"""Seconds until the first checkpoint, if the interval between checkpoints is longer."""


class JobWriter:
    """Holds the latest snapshot of a job, and writes checkpoints when they are due."""

    def __init__(
        self, prepared: PreparedJob, checkpoint: JobCheckpoint | None, every: float | None, replacing: bool
    ) -> None:
        """`every`: seconds between checkpoints, the first of which comes sooner; None: only at an interruption."""
        self._snapshot: Snapshot | Callable[[], Snapshot] | None = checkpoint.snapshot if checkpoint else None
        self.notes = list(dict.fromkeys((*(checkpoint.notes if checkpoint else ()), *prepared.notes)))
        self._prepared, self._every, self._replacing = prepared, every, replacing
        self._has_new_step = False  # a step since the last checkpoint
        self.has_painted = False  # a step by this process
        self._began = prepared.began - (checkpoint.seconds if checkpoint else 0.0)
        self._due = None if every is None else monotonic() + min(every, FIRST_CHECKPOINT)

    @classmethod
    def open(
        cls, prepared: PreparedJob, found: JobCheckpoint | None, *, every: float | None, resume: bool
    ) -> tuple[Self, list[Note]]:
        """Return a writer that begins with a checkpoint, if one was found, and the notes with which the run begins.

        If the disk has no space for checkpoints, one is written only at an interruption.
        """
        require_interval(every)
        job, about = prepared.job, list[str]()
        if not job.options.is_iterative:
            every = None
        elif resume:
            about = resume_notes(job, prepared.manifest, found)
        if every is not None and (trouble := check_disk_space(job, prepared.levels)):
            about.append(trouble)
            every = None
        writer = cls(prepared, found, every, resume or job.overwrite)
        writer.notes += about
        return writer, [Note(text) for text in (*prepared.notes, *about)]

    def start(self) -> Started:
        """Return the event with which the run begins."""
        prepared, done = self._prepared, self.snapshot.iterations if self.snapshot else 0
        iterations = sum(level.iterations for level in prepared.levels)
        return Started(prepared.device, iterations, done, prepared.levels, prepared.alpha)

    @property
    def snapshot(self) -> Snapshot | None:
        """The latest snapshot; None before the first step."""
        if callable(self._snapshot):
            self._snapshot = self._snapshot()
        return self._snapshot

    @snapshot.setter
    def snapshot(self, snapshot: Snapshot | None) -> None:
        self._snapshot = snapshot

    @property
    def seconds(self) -> float:
        """Run time so far, including the time before a resume."""
        return monotonic() - self._began

    @property
    def is_checkpoint_due(self) -> bool:
        """Whether a checkpoint is due."""
        return self._due is not None and monotonic() >= self._due

    def update(self, step: JobStep) -> None:
        """Record a step. The first one replaces an earlier painting, whose checkpoint is removed."""
        if step.note:
            self.notes.append(step.note)
        if step.snapshot is not None:
            if self._snapshot is None:
                remove_file(self._prepared.job.checkpoint)  # that of another painting, which is replaced only now
            self._snapshot, self._has_new_step, self.has_painted = step.snapshot, True, True

    def replace_prepared(self, prepared: PreparedJob) -> str:
        """Continue with another prepared job because memory ran out. Return a note about it."""
        self._prepared = prepared
        self.notes.append(f"out of memory: continuing in {prepared.manifest.tiling}.")
        return self.notes[-1]

    def write_checkpoint_if_due(self) -> str | None:
        """Write a checkpoint if one is due. If that fails, return a note; the previous checkpoint stays."""
        if self._every is None or not self.is_checkpoint_due:
            return None
        begin = monotonic()
        try:
            self._write_checkpoint()
        except OSError as error:
            self._due = None
            self.notes.append(f"no more checkpoints are written: {self._prepared.job.checkpoint}: {error.strerror}.")
            return self.notes[-1]
        self._due = monotonic() + max(self._every, _PATIENCE * (monotonic() - begin))
        return None

    def save(self, best: Image | None = None) -> None:
        """Write a checkpoint and the image so far (or the best one), each as far as possible.

        Methods without iterations have no image so far.

        Raises: OSError, BrushworkError: from the first that cannot be written.
        """
        if self.snapshot is None or not self._prepared.job.options.is_iterative:
            return
        trouble: OSError | BrushworkError | None = None
        try:
            self._write_checkpoint()
        except (OSError, BrushworkError) as error:
            trouble = error
        self._write_picture(self.snapshot.image if best is None else best, self.snapshot, finished=False)
        if trouble is not None:
            raise trouble

    def finish(self, *, early: bool = False) -> Finished:
        """Write the image, and remove the checkpoint. `early`: the image so far, at the size of the result.

        Raises: InputError: the image cannot be written.
        """
        if self.snapshot is None:
            raise BrushworkError("the recipe yielded no step: this is a bug in brushwork.")
        image = self._prepared.enlarge(self.snapshot.image.clamp(0, 1)) if early else self.snapshot.image
        self._write_picture(image, self.snapshot, finished=True, early=early)
        with suppress(OSError):
            remove_file(self._prepared.job.checkpoint)
        _, iterations, total, losses = self.snapshot
        return Finished(self._prepared.job.output, total, losses, iterations, self.seconds, tuple(self.notes))

    def _write_checkpoint(self) -> None:
        if self.snapshot is None or not self._has_new_step:
            return
        checkpoint = JobCheckpoint(self._prepared.manifest, self.snapshot, self.seconds, tuple(self.notes))
        checkpoint.write(self._prepared.job.checkpoint)
        self._has_new_step = False

    def _write_picture(self, image: Image, snapshot: Snapshot, *, finished: bool, early: bool = False) -> None:
        prepared, alpha = self._prepared, self._prepared.alpha
        image = prepared.postprocess(image)
        write_image(
            image,
            prepared.job.output,
            alpha=None if alpha is None else resize(alpha, Size.of(image), clamp=True),
            metadata=embed_result(prepared.manifest, snapshot, finished=finished, early=early),
            bits=prepared.bits,
            pyramid=prepared.job.pyramid,
            overwrite=self._replacing,
        )


def check_disk_space(job: Job, levels: Sequence[ScheduleLevel]) -> str | None:
    """Return a note if the disk has no space for checkpoints, else None.

    A checkpoint replaces the previous one once it is complete: for a moment there are two.
    """
    needed = 2 * optimizer_memory(cast("RecipeOptions", job.options), levels, full=True)
    own = job.checkpoint.stat().st_size if job.checkpoint.is_file() else 0
    free = shutil.disk_usage(job.checkpoint.parent).free + own
    if free >= needed:
        return None
    return (
        f"no checkpoints are written: they may need {format_gigabytes(needed)}, and the disk of "
        f"{job.checkpoint.parent} has {format_gigabytes(free)} left."
    )
