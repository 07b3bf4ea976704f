"""A checkpoint: an unfinished painting, kept so that it can be gone on with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from brushwork.errors import InputError
from brushwork.jobs.manifest import Manifest
from brushwork.recipes import Progress, ResumeState
from brushwork.storage.tensors import gather_entry, read_tensors, write_tensors
from brushwork.types import Image

_ENTRY = "brushwork checkpoint"
"""Name of the metadata's entry."""


class Snapshot(NamedTuple):
    """How far a painting is: a snapshot after a step."""

    resume_state: ResumeState
    iterations: int
    """Over all sizes."""
    total: float
    losses: Mapping[str, float]

    @classmethod
    def of(cls, progress: Progress) -> Callable[[], Snapshot]:
        """The standing of now, to be had later too: its picture is made when it is asked for."""
        losses, iterations, saving = progress.step.losses, progress.iterations, progress.lazy_resume_state()
        terms, total = {name: float(value) for name, value in losses.terms.items()}, float(losses.total)
        return lambda: cls(saving(), iterations, total, terms)

    @property
    def image(self) -> Image:
        """The picture, which may leave [0, 1]."""
        return gather_entry(self.resume_state.state, "shown")


class JobCheckpoint(NamedTuple):
    """A standing, and what belongs to it."""

    manifest: Manifest
    snapshot: Snapshot
    seconds: float
    """Spent on painting so far."""
    notes: tuple[str, ...]
    """What was noted so far."""

    def write(self, path: Path) -> None:
        """Replace the file, at once or not at all.

        Raises: OSError.
        """
        saved, iterations, total, losses = self.snapshot
        story = {
            "record": self.manifest.to_json(),
            "level": saved.level,
            "spent": saved.iterations,
            "closures": iterations,
            "total": total,
            "losses": dict(losses),
            "seconds": self.seconds,
            "notes": self.notes,
        }
        write_tensors(path, saved.state, {_ENTRY: json.dumps(story)})

    @classmethod
    def read(cls, path: Path) -> JobCheckpoint:
        """Read the file.

        Raises: InputError: damaged, or no checkpoint.
        """
        state, metadata = read_tensors(path)
        try:
            story = json.loads(metadata[_ENTRY])
            saved = ResumeState(story["level"], story["spent"], state)
            snapshot = Snapshot(saved, story["closures"], story["total"], story["losses"])
            return cls(Manifest.from_json(story["record"]), snapshot, story["seconds"], tuple(story["notes"]))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path} is no checkpoint of brushwork ({error!r}): remove it, and begin anew.") from error
