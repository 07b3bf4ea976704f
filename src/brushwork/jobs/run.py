"""Painting a job: checked beforehand, kept on the way, written whole."""

from __future__ import annotations

from collections.abc import Iterator

from brushwork.jobs.events import Event
from brushwork.jobs.job import Job
from brushwork.perception import Encoder

CHECKPOINT_EVERY = 60.0
"""Seconds between checkpoints."""


def paint(
    job: Job,
    *,
    resume: bool = False,
    checkpoint_every: float | None = CHECKPOINT_EVERY,
    memory: int | None = None,
    encoder: Encoder | None = None,
) -> Iterator[Event]:
    """Paint a job, step by step: `Started`, then a `Progress` for each step and `Note`s, and `Finished` at the end.

    Before painting, it is checked that the output can be written, that the pictures can be read, and that the work
    fits into memory (`memory` bytes; None: what the machine has left). A checkpoint is written beside the output every
    `checkpoint_every` seconds (None: never but at an interruption) and removed at the end.

    When the iterator is closed or anything is raised, Ctrl-C included, the picture so far is written to the output and
    the checkpoint stays. With `resume` the painting goes on from there and ends bit for bit as if it had never been
    interrupted; without a checkpoint it begins anew, and where the finished picture lies already, it only says so.

    Raises:
        InputError: pictures, options or an output that cannot be used; a checkpoint of another painting.
        WeightsError: the network's weights are not there.
        OutOfMemory: the painting does not fit; carries the size that does.
        Diverged: the optimization failed for good; the best picture is at the output.
    """
    raise NotImplementedError
