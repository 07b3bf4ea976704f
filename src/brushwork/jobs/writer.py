"""Keeps what was painted: checkpoints on the way, the picture at the end or at an interruption."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic

from brushwork.errors import BrushworkError
from brushwork.images import Size, resize, write_image
from brushwork.jobs.checkpoint import JobCheckpoint, Snapshot
from brushwork.jobs.events import Finished
from brushwork.jobs.job import OptimizationJob
from brushwork.jobs.memory_estimate import optimizer_memory
from brushwork.jobs.preflight import PreparedJob
from brushwork.jobs.resume import embed_result
from brushwork.recipes import Progress, ScheduleLevel, postprocess
from brushwork.storage.tensors import remove_file
from brushwork.types import Image

_PATIENCE = 20
"""A checkpoint is followed by painting for at least so many times as long as it took: they cost 5 % at most."""

FIRST_CHECKPOINT = 5.0
"""Seconds after which the first checkpoint is due, where those between checkpoints are more."""

_GIGABYTE = 1e9


class JobWriter:
    """Remembers where a painting stands, and writes it down in time."""

    def __init__(
        self, prepared: PreparedJob, checkpoint: JobCheckpoint | None, every: float | None, replacing: bool
    ) -> None:
        """`every`: seconds between checkpoints, the first of which comes sooner; None: only at an interruption."""
        self._snapshot: Snapshot | Callable[[], Snapshot] | None = checkpoint.snapshot if checkpoint else None
        self.notes = list(dict.fromkeys((*(checkpoint.notes if checkpoint else ()), *prepared.notes)))
        self._prepared, self._every, self._replacing = prepared, every, replacing
        self._fresh = False  # a step since the last checkpoint
        self.painted = False  # a step by this process
        self._began = monotonic() - (checkpoint.seconds if checkpoint else 0.0)
        self._due = None if every is None else monotonic() + min(every, FIRST_CHECKPOINT)

    @property
    def snapshot(self) -> Snapshot | None:
        """Where the painting stands; None before its first step."""
        if callable(self._snapshot):
            self._snapshot = self._snapshot()
        return self._snapshot

    @snapshot.setter
    def snapshot(self, snapshot: Snapshot | None) -> None:
        self._snapshot = snapshot

    @property
    def seconds(self) -> float:
        """Spent on painting, before a resumption too."""
        return monotonic() - self._began

    @property
    def is_checkpoint_due(self) -> bool:
        """Whether it is time for a checkpoint."""
        return self._due is not None and monotonic() >= self._due

    def update(self, progress: Progress) -> None:
        """Take notice of a step."""
        if progress.step.note:
            self.notes.append(progress.step.note)
        self._snapshot, self._fresh, self.painted = Snapshot.of(progress), True, True

    def replace_prepared(self, prepared: PreparedJob) -> str:
        """Go on at another desk, because memory ran out. What happened, in a sentence."""
        self._prepared = prepared
        self.notes.append(f"memory ran out: the network looks at {prepared.manifest.tiling} from here on.")
        return self.notes[-1]

    def write_checkpoint_if_due(self) -> str | None:
        """Write a checkpoint if it is time. What went wrong, in a sentence; the checkpoint before then stays."""
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
        """Write the picture so far (or the best one) and a checkpoint, as far as each can be written.

        Raises: OSError, BrushworkError: from the first of them that cannot.
        """
        if self.snapshot is None:
            return
        trouble: OSError | BrushworkError | None = None
        try:
            self._write_checkpoint()
        except (OSError, BrushworkError) as error:
            trouble = error
        self._write_picture(self.snapshot.image if best is None else best, self.snapshot, finished=False)
        if trouble is not None:
            raise trouble

    def finish(self) -> Finished:
        """Write the picture, and drop the checkpoint.

        Raises: InputError: the picture cannot be written.
        """
        if self.snapshot is None:
            raise BrushworkError("the recipe made no step: this is a bug of brushwork.")
        self._write_picture(self.snapshot.image, self.snapshot, finished=True)
        with suppress(OSError):
            remove_file(self._prepared.job.checkpoint)
        _, iterations, total, losses = self.snapshot
        return Finished(self._prepared.job.output, total, losses, iterations, self.seconds, tuple(self.notes))

    def _write_checkpoint(self) -> None:
        if self.snapshot is None or not self._fresh:
            return
        checkpoint = JobCheckpoint(self._prepared.manifest, self.snapshot, self.seconds, tuple(self.notes))
        checkpoint.write(self._prepared.job.checkpoint)
        self._fresh = False

    def _write_picture(self, image: Image, snapshot: Snapshot, *, finished: bool) -> None:
        prepared = self._prepared
        write_image(
            postprocess(prepared.job.options, prepared.inputs.content.image, image),
            prepared.job.output,
            alpha=None if prepared.alpha is None else resize(prepared.alpha, Size.of(image), clamp=True),
            metadata=embed_result(prepared.manifest, snapshot, finished=finished),
            bits=prepared.bits,
            pyramid=prepared.job.pyramid,
            overwrite=self._replacing,
        )


def check_disk_space(job: OptimizationJob, levels: Sequence[ScheduleLevel]) -> str | None:
    """That the disk has no room for checkpoints, in a sentence.

    A checkpoint replaces the one before when it is complete: for a moment there are two.
    """
    iterations = sum(level.iterations for level in levels)
    needed = 2 * optimizer_memory(job.options, levels[-1].size, iterations, full=True)
    own = job.checkpoint.stat().st_size if job.checkpoint.is_file() else 0
    free = shutil.disk_usage(job.checkpoint.parent).free + own
    if free >= needed:
        return None
    return (
        f"no checkpoints are written: they may take {needed / _GIGABYTE:.2f} GB, and the disk of "
        f"{job.checkpoint.parent} has {free / _GIGABYTE:.2f} GB left."
    )
