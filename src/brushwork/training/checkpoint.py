"""A training that is not over, kept so that it can be gone on with, bit for bit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from brushwork.errors import InputError
from brushwork.jobs.settings import rename_old_options
from brushwork.jobs.tensorfile import read_tensors, write_tensors
from brushwork.types import State

_ENTRY = "brushwork training"
"""Name of the metadata's entry."""


class TrainingCheckpoint(NamedTuple):
    """Where a training stands, after a step."""

    step: int
    """Iterations that are done."""
    seconds: float
    """Spent so far."""
    about: Mapping[str, Any]
    """What is learned, for JSON."""
    story: Mapping[str, Any]
    """What of the lesson's state is no tensor, for JSON."""
    tensors: State

    def write(self, path: Path) -> None:
        """Replace the file, at once or not at all.

        Raises: OSError.
        """
        told = self._asdict() | {"about": dict(self.about)}
        del told["tensors"]
        write_tensors(path, self.tensors, {_ENTRY: json.dumps(told)})

    @classmethod
    def read(cls, path: Path) -> TrainingCheckpoint:
        """Read the file.

        Raises: InputError: missing, damaged, or no checkpoint of a training.
        """
        tensors, metadata = read_tensors(path)
        try:
            return cls(**json.loads(metadata[_ENTRY]), tensors=tensors)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{path} is no checkpoint of a training ({error!r}): remove it, and begin anew."
            ) from error

    def require_same_training(self, about: Mapping[str, Any]) -> None:
        """Refuse to go on with other settings, but for how long is learned.

        Raises: InputError.
        """
        mine, yours = (_flat(json.loads(json.dumps(one))) for one in (self.about, about))
        changed = sorted(name for name in mine.keys() | yours.keys() if mine.get(name) != yours.get(name))
        changed = [name for name in changed if name.rpartition(".")[2] not in _FREE]
        if changed:
            what = "; ".join(f"{one} {mine.get(one)!r}, not {yours.get(one)!r}" for one in changed[:3])
            raise InputError(f"the checkpoint was made with {what}: give the same, or begin anew with --force.")


_FREE = ("iterations", "validate_every")
"""What may be changed when a training goes on."""


def _flat(about: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in rename_old_options(about).items():
        found |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found
