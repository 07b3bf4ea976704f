"""Run an optimization job: check it, write checkpoints, write the result."""

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
    """Run a job: yield `Started`, then a `Progress` for each step and `Note`s, and `Finished` at the end.

    Before the run it is checked that the output can be written, that the images can be read, and that the job fits
    into memory (`memory` bytes; None: what the machine has). Where it does not fit, images are encoded in tiles; if
    memory still runs out, in smaller ones from the last step on. A checkpoint is written beside the output after
    5 seconds, and then every `checkpoint_every` seconds (None: only when interrupted), as long as the disk has space,
    and removed at the end.

    When the iterator is closed or anything is raised, Ctrl-C included, the image so far is written to the output and
    the checkpoint stays. With `resume` the job continues from there, and the result is bit for bit the same as without
    the interruption. Without a checkpoint it starts from the beginning; a finished result is only reported.

    Raises:
        InputError: images, options or an output that cannot be used; a checkpoint of another job.
        WeightsError: the network's weights are missing.
        OutOfMemoryError: the job does not fit; carries the size that does.
        DivergedError: the optimization diverged for good; the best image is at the output.
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
    """Run the steps, saving what was reached whatever happens; if memory runs out, continue with less."""
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
    """Run the steps from the latest snapshot."""
    saved = writer.snapshot.resume_state if writer.snapshot else None
    images = prepared.inputs.to_device(prepared.device)
    steps = prepared.job.options.run(images, encoder=prepared.encoder, resume=saved, partition=prepared.partition)
    del saved, images
    for progress in steps:
        writer.update(progress)
        yield progress
        trouble = writer.write_checkpoint_if_due()
        if trouble is not None:
            yield Note(trouble)


def _keep(writer: JobWriter, error: BaseException) -> None:
    """Save what was reached; if that fails, add a note to the error. Bad input before the first step saves nothing."""
    if isinstance(error, InputError) and not writer.painted:
        return
    try:
        writer.save(error.image if isinstance(error, DivergedError) else None)
    except (OSError, BrushworkError) as trouble:
        error.add_note(f"What was painted so far could not be kept whole: {trouble}")


def _is_about_memory(error: BaseException) -> bool:
    """Return whether an allocation failed; torch has no exception class of its own for that on the CPU."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    )
