"""Painting a job with several processes: each a band of rows, the first one reads, writes and tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from brushwork.evaluate.tiled import Tiling
from brushwork.evaluate.wire import ProcessGroup
from brushwork.jobs.checkpoint import JobCheckpoint
from brushwork.jobs.common_tiling import choose_common_tiling
from brushwork.jobs.crew import RankRunner, run_on_all_ranks
from brushwork.jobs.events import JobEvent, Note, Started
from brushwork.jobs.inscription import EmbeddedResult
from brushwork.jobs.job import OptimizationJob
from brushwork.jobs.keeper import JobWriter, check_disk_space
from brushwork.jobs.prepare import PreparedJob, prepare_job
from brushwork.jobs.resume import load_progress, replay_finished, require_no_checkpoint, resume_notes
from brushwork.jobs.run import CHECKPOINT_EVERY
from brushwork.jobs.tensorfile import remove_file
from brushwork.perception import Encoder
from brushwork.recipes import encoded_layers
from brushwork.recipes.share import RowBand


def run_distributed_job(
    job: OptimizationJob,
    group: ProcessGroup,
    *,
    resume: bool = False,
    checkpoint_every: float | None = CHECKPOINT_EVERY,
    encoder: Encoder | None = None,
    memory: int | None = None,
    tiling: Tiling | None = None,
    watched: bool = False,
    interrupted: Callable[[], int] = int,
) -> Iterator[JobEvent]:
    """Paint a job as `paint` does, with all the ranks of a `group`; each of them calls this with the same arguments.

    Each looks at its rows by `tiling`; without it, as fits on every rank within `memory` bytes a process, or within its
    part of what its machine has.

    Every rank reads the pictures; only rank 0 looks at the output and the checkpoint, and its events are the whole
    picture's. The others' progress shows their own rows; so does that of rank 0, unless the picture is `watched`: then
    it is brought together at every step. What ranks without rows are given to do is to wait.

    A painting is stopped, with picture and checkpoint written, when on any rank `interrupted` gives the number of a
    signal after a step; `StopSignalError`, a KeyboardInterrupt, is then raised on all. If a rank is lost, the
    checkpoint from before stays. Checkpoints are those of the whole picture: any number of ranks, or one process, goes
    on from them.

    Raises: as `paint`. RankLostError: another rank failed, was killed, or does not answer.
    """
    prepared, found = run_on_all_ranks(group, lambda: _opened(job, group, resume, encoder))
    if group.broadcast(isinstance(found, EmbeddedResult)):
        if isinstance(found, EmbeddedResult):
            yield replay_finished(job, found)
        return
    crew = RankRunner(
        prepared,
        group,
        RowBand.of(
            prepared.encoder,
            encoded_layers(job.options),
            group,
            tiling or choose_common_tiling(prepared, group, memory),
        ),
    )
    checkpoint = found if isinstance(found, JobCheckpoint) else None
    about = resume_notes(job, prepared.manifest, checkpoint) if resume else []
    if checkpoint_every is not None and (trouble := check_disk_space(job, prepared.levels)):
        about.append(trouble)
        checkpoint_every = None
    writer = JobWriter(prepared, checkpoint, checkpoint_every, resume or job.overwrite)
    writer.notes += about
    writer.snapshot = crew.scatter_snapshot(writer.snapshot)
    if checkpoint is None and group.rank == 0:
        remove_file(job.checkpoint)
    del found, checkpoint
    yield from map(Note, (*prepared.notes, *about))
    yield Started(
        prepared.device, prepared.levels, writer.snapshot.iterations if writer.snapshot else 0, prepared.alpha
    )
    yield from crew.run(writer, watched, interrupted)


def _opened(
    job: OptimizationJob, group: ProcessGroup, resume: bool, encoder: Encoder | None
) -> tuple[PreparedJob, JobCheckpoint | EmbeddedResult | None]:
    """Everything that can go wrong before painting; and, on rank 0, what to go on from."""
    first = group.rank == 0
    if first and not resume:
        require_no_checkpoint(job)
    prepared = prepare_job(job, replacing=resume or job.overwrite, memory=None, encoder=encoder, group=group)
    return prepared, load_progress(job, prepared.manifest) if first and resume else None
