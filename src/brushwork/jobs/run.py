"""Run a job: check it, write checkpoints, write the result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import torch

from brushwork.distributed.process_group import ProcessGroup
from brushwork.encoders import Encoder
from brushwork.errors import BrushworkError, DivergedError, InputError, NotAdditiveError, OutOfMemoryError
from brushwork.feedforward.inference import Stylizer
from brushwork.gradients.tiled import Tiling
from brushwork.jobs.checkpoint import JobCheckpoint
from brushwork.jobs.events import JobEvent, Note
from brushwork.jobs.job import Job
from brushwork.jobs.manifest import EmbeddedResult
from brushwork.jobs.memory_estimate import halve_tiling
from brushwork.jobs.preflight import PreparedJob, prepare_job
from brushwork.jobs.resume import load_progress, replay_finished
from brushwork.jobs.writer import JobWriter

CHECKPOINT_EVERY = 60.0
"""Seconds between checkpoints."""

_OUT_OF_MEMORY = ("can't allocate memory", "MPS backend out of memory", "Invalid buffer size")
"""Messages of torch's allocators on CPUs and on Apple's GPUs; the last is about one tensor that is too large there."""


@torch.inference_mode(False)
def run_job(
    job: Job,
    *,
    resume: bool = False,
    finish: bool = False,
    checkpoint_every: float | None = CHECKPOINT_EVERY,
    memory: int | None = None,
    network: Encoder | Stylizer | None = None,
) -> Iterator[JobEvent]:
    """Run a job: yield `Started`, then `Note`s and a `Progress` for each step, and `Finished` at the end.

    Feed-forward methods yield `Advanced` in place of `Progress`. `network` replaces the one that the options name.

    Before it starts, the job checks that the output can be written, that the images can be read, and that it fits into
    memory (`memory` bytes; None: what the machine has). If it does not fit, the network works in tiles; if memory
    still runs out, in smaller ones from the last step on. An optimization writes a checkpoint beside the output after
    5 seconds, and then every `checkpoint_every` seconds (None: only when interrupted), as long as the disk has space,
    and removes it at the end.

    When the iterator is closed or an exception is raised, Ctrl-C included, the image so far is written to the output
    and the checkpoint stays. With `resume` the job continues from there, and the result is bit for bit the same as
    without the interruption. Without a checkpoint it starts from the beginning; a finished result is only reported.
    `finish`: paint nothing more, and write the checkpoint's image at the size of the result, which is then finished.

    Raises:
        InputError: images, options or an output that cannot be used; a checkpoint of another job, or none to finish.
        WeightsError: the network's weights are missing.
        OutOfMemoryError: the job does not fit; carries the size that does.
        DivergedError: the optimization diverged for good; the best image is at the output.
    """
    resume = resume or finish
    prepared, found = open_job(job, resume=resume, memory=memory, network=network)
    if isinstance(found, EmbeddedResult):
        yield replay_finished(job, found)
        return
    if found is not None:
        prepared = prepared.resume_from(found.manifest)
    elif finish:
        raise InputError(f"there is no unfinished painting at {job.checkpoint}: nothing can be finished.")
    writer, notes = JobWriter.open(prepared, found, every=checkpoint_every, resume=resume)
    yield from notes
    del found  # it may take more memory than an evaluation
    yield writer.start()
    if finish:
        yield writer.finish(early=True)
        return
    yield from _run(prepared, writer)


def open_job(
    job: Job,
    *,
    resume: bool,
    memory: int | None = None,
    network: Encoder | Stylizer | None = None,
    group: ProcessGroup | None = None,
) -> tuple[PreparedJob, JobCheckpoint | EmbeddedResult | None]:
    """Prepare a job with all its checks, and load what to resume from; on several ranks, only the first loads it.

    Raises: as `run_job`.
    """
    first = group is None or group.rank == 0
    prepared = prepare_job(job, replacing=resume or job.overwrite, memory=memory, network=network, group=group)
    return prepared, load_progress(job, prepared.manifest, prepared.levels) if first and resume else None


def _run(prepared: PreparedJob, writer: JobWriter) -> Iterator[JobEvent]:
    """Run the steps, and save the state reached whatever happens; if memory runs out, continue with less."""
    try:
        while True:
            try:
                yield from _steps(prepared, writer)
                finished = writer.finish()
                break
            except Exception as error:
                if not _is_about_memory(error) or (tiling := _smaller_tiling(prepared)) is None:
                    raise
            prepared = prepared.with_tiling(tiling)
            yield Note(writer.replace_prepared(prepared))
    except BaseException as error:
        _keep(writer, error)
        if _is_about_memory(error):
            raise OutOfMemoryError(f"out of memory while painting: use a smaller size. ({error})") from error
        raise
    yield finished


def _smaller_tiling(prepared: PreparedJob) -> Tiling | None:
    """Return a tiling that takes less memory; None: there is none, or the method cannot compute in tiles."""
    tiling = halve_tiling(prepared.manifest.tiling, prepared.levels[-1].size)
    if tiling is not None:
        with suppress(NotAdditiveError):
            prepared.method.estimator(prepared.inputs.sizes)(prepared.job.options, tiling)
            return tiling
    return None


def _steps(prepared: PreparedJob, writer: JobWriter) -> Iterator[JobEvent]:
    """Run the steps from the latest snapshot."""
    images = prepared.inputs.to_device(prepared.device)
    steps = prepared.method.run(images, prepared.manifest.tiling, writer.snapshot)
    del images
    for step in steps:
        writer.update(step)
        yield step.event
        trouble = writer.write_checkpoint_if_due()
        if trouble is not None:
            yield Note(trouble)


def _keep(writer: JobWriter, error: BaseException) -> None:
    """Save the state reached; if that fails, add a note to the error. Bad input before the first step saves nothing."""
    if isinstance(error, InputError) and not writer.has_painted:
        return
    try:
        writer.save(error.image if isinstance(error, DivergedError) else None)
    except (OSError, BrushworkError) as trouble:
        error.add_note(f"The image so far could not be saved completely: {trouble}")


def _is_about_memory(error: BaseException) -> bool:
    """Return whether an allocation failed; on CPUs and Apple's GPUs, torch has no exception class of its own for it."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and any(message in str(error) for message in _OUT_OF_MEMORY)
    )
