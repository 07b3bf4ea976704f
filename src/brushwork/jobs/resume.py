"""Where a painting stands when it is taken up: at the beginning, in the middle, or at its end."""

from __future__ import annotations

from pathlib import Path

from brushwork.errors import InputError
from brushwork.folders import expand_user
from brushwork.jobs.checkpoint import JobCheckpoint
from brushwork.jobs.events import Finished
from brushwork.jobs.inscription import EmbeddedResult, read_embedded_result
from brushwork.jobs.job import FeedForwardJob, OptimizationJob
from brushwork.jobs.record import Manifest
from brushwork.jobs.tensorfile import remove_file


def require_no_checkpoint(job: OptimizationJob) -> None:
    """Refuse to lose an unfinished painting.

    Raises: InputError: there is a checkpoint, and it may not be overwritten.
    """
    if job.checkpoint.exists() and not job.overwrite:
        raise InputError(
            f"{job.checkpoint} keeps an unfinished painting: resume it, overwrite it, or choose another output."
        )


def load_progress(job: OptimizationJob, manifest: Manifest) -> JobCheckpoint | EmbeddedResult | None:
    """The checkpoint to go on from; what is written in the finished picture; or None, where nothing was begun.

    Raises: InputError: another painting lies there, or a damaged checkpoint, and they may not be overwritten.
    """
    try:
        return read_finished(expand_user(job.output), manifest) or _checkpoint(job.checkpoint, manifest)
    except InputError:
        if job.overwrite:
            return None
        raise


def resume_notes(job: OptimizationJob, manifest: Manifest, found: JobCheckpoint | None) -> list[str]:
    """What a person who resumes should hear."""
    if found is None:
        return [f"there is no unfinished painting at {job.checkpoint}: painting from the beginning."]
    changes = "; ".join(manifest.machine_differences(found.manifest))
    if not changes:
        return []
    return [f"the painting was begun in other circumstances ({changes}): the last bits may come out otherwise."]


def replay_finished(job: OptimizationJob | FeedForwardJob, found: EmbeddedResult) -> Finished:
    """The end of a painting that had ended before."""
    if isinstance(job, OptimizationJob):
        remove_file(job.checkpoint)
    note = f"{job.output} was finished already: nothing was painted."
    return Finished(job.output, found.total, found.losses, found.iterations, 0.0, (note,))


def read_finished(path: Path, manifest: Manifest) -> EmbeddedResult | None:
    """What is written in the finished picture; None where there is none yet, or one of an interruption.

    Raises: InputError: another painting lies there.
    """
    if not path.exists():
        return None
    found = read_embedded_result(path)
    _require_same(path, manifest, found.manifest)
    return found if found.is_finished else None


def _checkpoint(path: Path, manifest: Manifest) -> JobCheckpoint | None:
    if not path.exists():
        return None
    found = JobCheckpoint.read(path)
    _require_same(path, manifest, found.manifest)
    return found


def _require_same(path: Path, mine: Manifest, found: Manifest) -> None:
    differences = mine.differences(found)
    if differences:
        raise InputError(
            f"{path} belongs to another painting ({'; '.join(differences)}): "
            "give the same pictures and options, choose another output, or begin anew and overwrite it."
        )
