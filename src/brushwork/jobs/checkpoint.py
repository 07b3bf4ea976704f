"""A checkpoint: an unfinished painting, kept so that it can be gone on with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from brushwork.errors import InputError
from brushwork.jobs.parts import whole
from brushwork.jobs.record import Record
from brushwork.jobs.tensorfile import read_tensors, write_tensors
from brushwork.recipes import Progress, Saved
from brushwork.types import Image

_ENTRY = "brushwork checkpoint"
"""Name of the metadata's entry."""


class Standing(NamedTuple):
    """How far a painting is: a snapshot after a step."""

    saved: Saved
    closures: int
    """Over all sizes."""
    total: float
    losses: Mapping[str, float]

    @classmethod
    def of(cls, progress: Progress) -> Callable[[], Standing]:
        """The standing of now, to be had later too: its picture is made when it is asked for."""
        losses, spent, saving = progress.step.losses, progress.spent, progress.saving()
        terms, total = {name: float(value) for name, value in losses.terms.items()}, float(losses.total)
        return lambda: cls(saving(), spent, total, terms)

    @property
    def image(self) -> Image:
        """The picture, which may leave [0, 1]."""
        return whole(self.saved.state, "shown")


class Checkpoint(NamedTuple):
    """A standing, and what belongs to it."""

    record: Record
    standing: Standing
    seconds: float
    """Spent on painting so far."""
    notes: tuple[str, ...]
    """What was noted so far."""

    def write(self, path: Path) -> None:
        """Replace the file, at once or not at all.

        Raises: OSError.
        """
        saved, closures, total, losses = self.standing
        story = {
            "record": self.record.to_json(),
            "level": saved.level,
            "spent": saved.spent,
            "closures": closures,
            "total": total,
            "losses": dict(losses),
            "seconds": self.seconds,
            "notes": self.notes,
        }
        write_tensors(path, saved.state, {_ENTRY: json.dumps(story)})

    @classmethod
    def read(cls, path: Path) -> Checkpoint:
        """Read the file.

        Raises: InputError: damaged, or no checkpoint.
        """
        state, metadata = read_tensors(path)
        try:
            story = json.loads(metadata[_ENTRY])
            saved = Saved(story["level"], story["spent"], state)
            standing = Standing(saved, story["closures"], story["total"], story["losses"])
            return cls(Record.from_json(story["record"]), standing, story["seconds"], tuple(story["notes"]))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path} is no checkpoint of brushwork ({error!r}): remove it, and begin anew.") from error
