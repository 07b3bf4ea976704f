"""Painting a job with several processes: each a band of rows, the first one reads, writes and tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from brushwork.evaluate.tiled import Tiling
from brushwork.evaluate.wire import Wire
from brushwork.jobs.checkpoint import Checkpoint
from brushwork.jobs.common_tiling import common_tiling
from brushwork.jobs.crew import Crew, agreed
from brushwork.jobs.events import Event, Note, Started
from brushwork.jobs.inscription import Inscription
from brushwork.jobs.job import Job
from brushwork.jobs.keeper import Keeper, shortage
from brushwork.jobs.prepare import Desk, prepare
from brushwork.jobs.resume import about_resuming, finished_before, require_new, take_up
from brushwork.jobs.run import CHECKPOINT_EVERY
from brushwork.jobs.tensorfile import remove
from brushwork.perception import Encoder
from brushwork.recipes import taps
from brushwork.recipes.share import Band


def paint_together(
    job: Job,
    wire: Wire,
    *,
    resume: bool = False,
    checkpoint_every: float | None = CHECKPOINT_EVERY,
    encoder: Encoder | None = None,
    memory: int | None = None,
    tiling: Tiling | None = None,
    watched: bool = False,
    interrupted: Callable[[], int] = int,
) -> Iterator[Event]:
    """Paint a job as `paint` does, with all the ranks of a `wire`; each of them calls this with the same arguments.

    Each looks at its rows by `tiling`; without it, as fits on every rank within `memory` bytes a process, or within its
    part of what its machine has.

    Every rank reads the pictures; only rank 0 looks at the output and the checkpoint, and its events are the whole
    picture's. The others' progress shows their own rows; so does that of rank 0, unless the picture is `watched`: then
    it is brought together at every step. What ranks without rows are given to do is to wait.

    A painting is stopped, with picture and checkpoint written, when on any rank `interrupted` gives the number of a
    signal after a step; `Stopped`, a KeyboardInterrupt, is then raised on all. If a rank is lost, the checkpoint from
    before stays. Checkpoints are those of the whole picture: any number of ranks, or one process, goes on from them.

    Raises: as `paint`. RankLost: another rank failed, was killed, or does not answer.
    """
    desk, found = agreed(wire, lambda: _opened(job, wire, resume, encoder))
    if wire.first(isinstance(found, Inscription)):
        if isinstance(found, Inscription):
            yield finished_before(job, found)
        return
    crew = Crew(desk, wire, Band.of(desk.encoder, taps(job.options), wire, tiling or common_tiling(desk, wire, memory)))
    checkpoint = found if isinstance(found, Checkpoint) else None
    about = about_resuming(job, desk.record, checkpoint) if resume else []
    if checkpoint_every is not None and (trouble := shortage(job, desk.levels)):
        about.append(trouble)
        checkpoint_every = None
    keeper = Keeper(desk, checkpoint, checkpoint_every, resume or job.overwrite)
    keeper.notes += about
    keeper.standing = crew.dealt(keeper.standing)
    if checkpoint is None and wire.rank == 0:
        remove(job.checkpoint)
    del found, checkpoint
    yield from map(Note, (*desk.notes, *about))
    yield Started(desk.device, desk.levels, keeper.standing.closures if keeper.standing else 0, desk.alpha)
    yield from crew.painting(keeper, watched, interrupted)


def _opened(
    job: Job, wire: Wire, resume: bool, encoder: Encoder | None
) -> tuple[Desk, Checkpoint | Inscription | None]:
    """Everything that can go wrong before painting; and, on rank 0, what to go on from."""
    first = wire.rank == 0
    if first and not resume:
        require_new(job)
    desk = prepare(job, replacing=resume or job.overwrite, memory=None, encoder=encoder, wire=wire)
    return desk, take_up(job, desk.record) if first and resume else None
