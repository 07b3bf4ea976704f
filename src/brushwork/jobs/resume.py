"""Resume a job from its checkpoint or from a finished image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from brushwork.errors import InputError, OtherJobError
from brushwork.jobs.checkpoint import JobCheckpoint
from brushwork.jobs.events import Finished
from brushwork.jobs.job import Job
from brushwork.jobs.manifest import EmbeddedResult, Manifest, read_embedded_result
from brushwork.recipes import ScheduleLevel
from brushwork.storage.folders import expand_user
from brushwork.storage.tensors import remove_file


def load_progress(
    job: Job, manifest: Manifest, levels: Sequence[ScheduleLevel]
) -> JobCheckpoint | EmbeddedResult | None:
    """Return the checkpoint to resume from, or the result embedded in the finished image; None: neither exists.

    Raises: InputError: the output belongs to another job or the checkpoint is damaged, and may not be overwritten.
    """
    try:
        return read_finished(expand_user(job.output), manifest) or _checkpoint(job.checkpoint, manifest, levels)
    except InputError:
        if job.overwrite:
            return None
        raise


def resume_notes(job: Job, manifest: Manifest, found: JobCheckpoint | None) -> list[str]:
    """Return the notes for a resumed job."""
    if found is None and job.checkpoint.exists():
        return [f"{job.checkpoint} is of another painting, or damaged: starting from the beginning."]
    if found is None:
        return [f"there is no unfinished painting at {job.checkpoint}: starting from the beginning."]
    changes = "; ".join(manifest.machine_differences(found.manifest))
    if not changes:
        return []
    return [f"the painting was begun in a different environment ({changes}): the result may differ in the last bits."]


def replay_finished(job: Job, found: EmbeddedResult) -> Finished:
    """Return the final event of a job that was already finished, and remove its checkpoint."""
    remove_file(job.checkpoint)
    note = f"{job.output} is already finished: nothing was painted."
    return Finished(job.output, found.total, found.losses, found.iterations, 0.0, (note,))


def read_finished(path: Path, manifest: Manifest) -> EmbeddedResult | None:
    """Return the result embedded in the finished image; None: no image yet, or one of an interrupted run.

    Raises: InputError: the image belongs to another job.
    """
    if not path.exists():
        return None
    found = read_embedded_result(path)
    other_way = f"go on from it with --init {path} and another output, " if manifest.options.takes_init else ""
    _require_same(path, manifest, found.manifest, other_way)
    return found if found.is_finished else None


def _checkpoint(path: Path, manifest: Manifest, levels: Sequence[ScheduleLevel]) -> JobCheckpoint | None:
    if not path.exists():
        return None
    found = JobCheckpoint.read(path)
    _require_same(path, manifest, found.manifest)
    try:
        found.require(levels)
    except (KeyError, ValueError) as error:
        raise InputError(f"{path} is damaged ({error}): remove it, and start over.") from error
    return found


def _require_same(path: Path, mine: Manifest, found: Manifest, other_way: str = "") -> None:
    differences = mine.differences(found)
    if differences:
        raise OtherJobError(
            f"{path} belongs to another painting ({'; '.join(differences)}): give the same pictures and options, "
            f"{other_way}choose another output, or start over and overwrite it.",
            differences,
        )
