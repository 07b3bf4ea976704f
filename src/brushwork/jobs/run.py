"""Painting a job: checked beforehand, kept on the way, written whole."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from brushwork.errors import BrushworkError, Diverged, OutOfMemory
from brushwork.jobs.events import Event, Note, Started
from brushwork.jobs.inscription import Inscription
from brushwork.jobs.job import Job
from brushwork.jobs.keeper import Keeper, shortage
from brushwork.jobs.need import halved
from brushwork.jobs.prepare import Desk, prepare
from brushwork.jobs.resume import about_resuming, finished_before, require_new, take_up
from brushwork.jobs.tensorfile import remove
from brushwork.perception import Encoder
from brushwork.recipes import run

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
        OutOfMemory: the painting does not fit; carries the size that does.
        Diverged: the optimization failed for good; the best picture is at the output.
    """
    if not resume:
        require_new(job)
    replacing = resume or job.overwrite
    desk = prepare(job, replacing=replacing, memory=memory, encoder=encoder)
    found = take_up(job, desk.record) if resume else None
    if isinstance(found, Inscription):
        yield finished_before(job, found)
        return
    if found is not None:
        desk = desk.going_on(found.record)
    about = about_resuming(job, desk.record, found) if resume else []
    if checkpoint_every is not None and (trouble := shortage(job, desk.levels)):
        about.append(trouble)
        checkpoint_every = None
    keeper = Keeper(desk, found, checkpoint_every, replacing)
    keeper.notes += about
    yield from map(Note, (*desk.notes, *about))
    if found is None:
        remove(job.checkpoint)
    del found  # it may take more memory than a closure
    yield Started(desk.device, desk.levels, keeper.standing.closures if keeper.standing else 0, desk.alpha)
    yield from _painting(desk, keeper)


def _painting(desk: Desk, keeper: Keeper) -> Iterator[Event]:
    """The steps, with everything kept that was reached, whatever happens; with less memory, where it runs out."""
    while True:
        try:
            yield from _steps(desk, keeper)
            finished = keeper.finish()
        except BaseException as error:
            if not _is_about_memory(error) or (tiling := halved(desk.record.tiling, desk.levels[-1].size)) is None:
                _keep(keeper, error)
                if _is_about_memory(error):
                    raise OutOfMemory(f"memory ran out while painting: take a smaller size. ({error})") from error
                raise
        else:
            yield finished
            return
        desk = desk.looking(tiling)
        yield Note(keeper.with_less(desk))


def _steps(desk: Desk, keeper: Keeper) -> Iterator[Event]:
    """The steps from where the painting stands."""
    saved = keeper.standing.saved if keeper.standing else None
    pictures = desk.inputs.on(desk.device)
    steps = run(desk.job.options, pictures, encoder=desk.encoder, saved=saved, share=desk.share)
    del saved, pictures
    for progress in steps:
        keeper.see(progress)
        yield progress
        trouble = keeper.checkpoint_in_time()
        if trouble is not None:
            yield Note(trouble)


def _keep(keeper: Keeper, error: BaseException) -> None:
    """Keep what there is; what cannot be kept is added to the error."""
    try:
        keeper.keep(error.image if isinstance(error, Diverged) else None)
    except (OSError, BrushworkError) as trouble:
        error.add_note(f"What was painted so far could not be kept whole: {trouble}")


def _is_about_memory(error: BaseException) -> bool:
    """Whether an allocator gave up; torch has no class of its own for that on the CPU."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    )
