"""Checkpoints: the state of an unfinished job, saved so that it can be resumed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from brushwork.images.geometry import Size
from brushwork.jobs.distributed_state import IMAGE_AXES
from brushwork.jobs.manifest import Manifest
from brushwork.jobs.method import Snapshot
from brushwork.recipes import ResumeState, ScheduleLevel
from brushwork.storage.tensors import explain_read_errors, read_tensors, replace_tensors

_ENTRY = "brushwork checkpoint"
"""Key of the entry in the file's metadata."""

_KIND = "a checkpoint of an unfinished image, which can be removed to start over"

_OF_PICTURES = ("lbfgs.", "adam.", "guard.")
"""Name prefixes of the tensors that have the shape of the picture."""

_CHANNELS = 3


class JobCheckpoint(NamedTuple):
    """A snapshot with the manifest, time and notes of its job."""

    manifest: Manifest
    snapshot: Snapshot
    seconds: float
    """Run time so far."""
    notes: tuple[str, ...]
    """Notes so far."""

    def write(self, path: Path) -> None:
        """Write the checkpoint atomically, replacing the file.

        Raises: OSError.
        """
        saved, iterations, total, losses = self.snapshot
        metadata = {
            "manifest": self.manifest.to_json(),
            "level": saved.level,
            "level_iterations": saved.iterations,
            "iterations": iterations,
            "total": total,
            "losses": dict(losses),
            "seconds": self.seconds,
            "notes": self.notes,
        }
        replace_tensors(path, saved.state, {_ENTRY: json.dumps(metadata)})

    @classmethod
    def read(cls, path: Path) -> JobCheckpoint:
        """Read a checkpoint file.

        Raises: InputError: the file is damaged or not a checkpoint.
        """
        with explain_read_errors(path, _KIND):
            state, metadata = read_tensors(path)
            entries = json.loads(metadata[_ENTRY])
            _require_kinds(entries)
            saved = ResumeState(entries["level"], entries["level_iterations"], state)
            snapshot = Snapshot(saved, entries["iterations"], entries["total"], entries["losses"])
            return cls(Manifest.from_json(entries["manifest"]), snapshot, entries["seconds"], tuple(entries["notes"]))

    def require(self, levels: Sequence[ScheduleLevel]) -> None:
        """Check that the saved state fits the schedule: level, iterations, shapes, and finite pixels.

        Raises: ValueError.
        """
        level, iterations, state = self.snapshot.resume_state
        if not (0 <= level < len(levels) and 0 <= iterations <= levels[level].iterations):
            raise ValueError(f"it is at evaluation {iterations} of size {level + 1}")
        point = state["point"]
        for name, tensor in state.items():
            # Other tensors with four axes are weights of a discriminator.
            of_pictures = name in ("point", "shown") or name.startswith(_OF_PICTURES)
            if of_pictures and tensor.ndim and (tensor.shape != point.shape or not tensor.is_floating_point()):
                raise ValueError(f"{name} has the shape {tuple(tensor.shape)}")
        if point.ndim != IMAGE_AXES or point.shape[1] != _CHANNELS or Size.of(point) != levels[level].size:
            raise ValueError(f"its image has the shape {tuple(point.shape)}, and the size is {levels[level].size}")
        if not (state["shown"].isfinite().all() and point.isfinite().all()):
            raise ValueError("its image holds numbers that are not finite")


def _require_kinds(metadata: Any) -> None:
    """Check the types of the entries.

    Raises: KeyError, TypeError.
    """
    kinds = {"manifest": dict, "level": int, "level_iterations": int, "iterations": int, "total": float, "losses": dict}
    kinds |= {"seconds": float, "notes": list}
    entries = [(name, metadata[name], kind) for name, kind in kinds.items()]
    entries += [(f"loss {name}", loss, float) for name, loss in dict(metadata["losses"]).items()]
    entries += [("note", note, str) for note in list(metadata["notes"])]
    for name, value, kind in entries:
        # JSON may write 1 for 1.0.
        if not isinstance(value, kind) and not (kind is float and type(value) is int):
            raise TypeError(f"{name} is {value!r}")
