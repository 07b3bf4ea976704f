"""Painting a job: checked beforehand, kept on the way, written whole."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from brushwork.encoders import Encoder
from brushwork.errors import BrushworkError, DivergedError, InputError, OutOfMemoryError
from brushwork.jobs.events import JobEvent, Note, Started
from brushwork.jobs.job import OptimizationJob
from brushwork.jobs.memory_estimate import halve_tiling
from brushwork.jobs.preflight import PreparedJob, prepare_job
from brushwork.jobs.resume import EmbeddedResult, load_progress, replay_finished, require_no_checkpoint, resume_notes
from brushwork.jobs.writer import JobWriter, check_disk_space
from brushwork.recipes import run_recipe
from brushwork.storage.tensors import remove_file

CHECKPOINT_EVERY = 60.0
"""Seconds between checkpoints."""


def run_job(
    job: OptimizationJob,
    *,
    resume: bool = False,
    checkpoint_every: float | None = CHECKPOINT_EVERY,
    memory: int | None = None,
    encoder: Encoder | None = None,
) -> Iterator[JobEvent]:
    """Paint a job, step by step: `Started`, then a `Progress` for each step and `Note`s, and `Finished` at the end.

    Before painting, it is checked that the output can be written, that the pictures can be read, and that the work
    fits into memory (`memory` bytes; None: what the machine has). Where it does not fit at once, the network looks at
    the pictures in tiles; and if memory runs out all the same, in smaller ones from the last step on. A checkpoint is
    written beside the output after 5 seconds, and then every `checkpoint_every` seconds (None: only at an
    interruption), as long as the disk has room, and removed at the end.

    When the iterator is closed or anything is raised, Ctrl-C included, the picture so far is written to the output and
    the checkpoint stays. With `resume` the painting goes on from there and ends bit for bit as if it had never been
    interrupted; without a checkpoint it begins anew, and where the finished picture lies already, it only says so.

    Raises:
        InputError: pictures, options or an output that cannot be used; a checkpoint of another painting.
        WeightsError: the network's weights are not there.
        OutOfMemoryError: the painting does not fit; carries the size that does.
        Diverged: the optimization failed for good; the best picture is at the output.
    """
    if not resume:
        require_no_checkpoint(job)
    replacing = resume or job.overwrite
    prepared = prepare_job(job, replacing=replacing, memory=memory, encoder=encoder)
    found = load_progress(job, prepared.manifest, prepared.levels) if resume else None
    if isinstance(found, EmbeddedResult):
        yield replay_finished(job, found)
        return
    if found is not None:
        prepared = prepared.resume_from(found.manifest)
    about = resume_notes(job, prepared.manifest, found) if resume else []
    if checkpoint_every is not None and (trouble := check_disk_space(job, prepared.levels)):
        about.append(trouble)
        checkpoint_every = None
    writer = JobWriter(prepared, found, checkpoint_every, replacing)
    writer.notes += about
    yield from map(Note, (*prepared.notes, *about))
    if found is None:
        remove_file(job.checkpoint)
    del found  # it may take more memory than a closure
    yield Started(
        prepared.device, prepared.levels, writer.snapshot.iterations if writer.snapshot else 0, prepared.alpha
    )
    yield from _run(prepared, writer)


def _run(prepared: PreparedJob, writer: JobWriter) -> Iterator[JobEvent]:
    """The steps, with everything kept that was reached, whatever happens; with less memory, where it runs out."""
    while True:
        try:
            yield from _steps(prepared, writer)
            finished = writer.finish()
        except BaseException as error:
            if (
                not _is_about_memory(error)
                or (tiling := halve_tiling(prepared.manifest.tiling, prepared.levels[-1].size)) is None
            ):
                _keep(writer, error)
                if _is_about_memory(error):
                    raise OutOfMemoryError(f"memory ran out while painting: take a smaller size. ({error})") from error
                raise
        else:
            yield finished
            return
        prepared = prepared.with_tiling(tiling)
        yield Note(writer.replace_prepared(prepared))


def _steps(prepared: PreparedJob, writer: JobWriter) -> Iterator[JobEvent]:
    """The steps from where the painting stands."""
    saved = writer.snapshot.resume_state if writer.snapshot else None
    images = prepared.inputs.to_device(prepared.device)
    steps = run_recipe(
        prepared.job.options, images, encoder=prepared.encoder, resume=saved, partition=prepared.partition
    )
    del saved, images
    for progress in steps:
        writer.update(progress)
        yield progress
        trouble = writer.write_checkpoint_if_due()
        if trouble is not None:
            yield Note(trouble)


def _keep(writer: JobWriter, error: BaseException) -> None:
    """Keep what there is; what cannot be kept is added to the error. Nothing, where what was given was no beginning."""
    if isinstance(error, InputError) and not writer.painted:
        return
    try:
        writer.save(error.image if isinstance(error, DivergedError) else None)
    except (OSError, BrushworkError) as trouble:
        error.add_note(f"What was painted so far could not be kept whole: {trouble}")


def _is_about_memory(error: BaseException) -> bool:
    """Whether an allocator gave up; torch has no class of its own for that on the CPU."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    )
