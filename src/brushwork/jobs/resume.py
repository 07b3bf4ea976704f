"""Where a painting stands when it is taken up: at the beginning, in the middle, or at its end."""

from __future__ import annotations

from pathlib import Path

from brushwork.errors import InputError
from brushwork.folders import expanded
from brushwork.jobs.checkpoint import Checkpoint
from brushwork.jobs.events import Finished
from brushwork.jobs.inscription import Inscription, read_inscription
from brushwork.jobs.job import Job, OnePass
from brushwork.jobs.record import Record
from brushwork.jobs.tensorfile import remove


def require_new(job: Job) -> None:
    """Refuse to lose an unfinished painting.

    Raises: InputError: there is a checkpoint, and it may not be overwritten.
    """
    if job.checkpoint.exists() and not job.overwrite:
        raise InputError(
            f"{job.checkpoint} keeps an unfinished painting: resume it, overwrite it, or choose another output."
        )


def take_up(job: Job, record: Record) -> Checkpoint | Inscription | None:
    """The checkpoint to go on from; what is written in the finished picture; or None, where nothing was begun.

    Raises: InputError: another painting lies there, or a damaged checkpoint, and they may not be overwritten.
    """
    try:
        return finished_picture(expanded(job.output), record) or _checkpoint(job.checkpoint, record)
    except InputError:
        if job.overwrite:
            return None
        raise


def about_resuming(job: Job, record: Record, found: Checkpoint | None) -> list[str]:
    """What a person who resumes should hear."""
    if found is None:
        return [f"there is no unfinished painting at {job.checkpoint}: painting from the beginning."]
    changes = "; ".join(record.drift(found.record))
    if not changes:
        return []
    return [f"the painting was begun in other circumstances ({changes}): the last bits may come out otherwise."]


def finished_before(job: Job | OnePass, found: Inscription) -> Finished:
    """The end of a painting that had ended before."""
    if isinstance(job, Job):
        remove(job.checkpoint)
    note = f"{job.output} was finished already: nothing was painted."
    return Finished(job.output, found.total, found.losses, found.closures, 0.0, (note,))


def finished_picture(path: Path, record: Record) -> Inscription | None:
    """What is written in the finished picture; None where there is none yet, or one of an interruption.

    Raises: InputError: another painting lies there.
    """
    if not path.exists():
        return None
    found = read_inscription(path)
    _require_same(path, record, found.record)
    return found if found.finished else None


def _checkpoint(path: Path, record: Record) -> Checkpoint | None:
    if not path.exists():
        return None
    found = Checkpoint.read(path)
    _require_same(path, record, found.record)
    return found


def _require_same(path: Path, mine: Record, found: Record) -> None:
    differences = mine.differences(found)
    if differences:
        raise InputError(
            f"{path} belongs to another painting ({'; '.join(differences)}): "
            "give the same pictures and options, choose another output, or begin anew and overwrite it."
        )
