"""The folder beside the output that holds a film during painting; all its files stay complete if painting stops."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from brushwork.errors import InputError
from brushwork.jobs.manifest import describe_machine, list_changes
from brushwork.jobs.options_json import known_methods
from brushwork.storage.atomic import atomic_write, explain_write_errors
from brushwork.video.analysis import FilmAnalysis
from brushwork.video.frame_store import FrameFolder

SEGMENT = 48
"""Maximum frames of a segment."""


@dataclass(frozen=True)
class Workspace:
    """The working folder of a film."""

    folder: Path
    suffix: str = ".mp4"
    """Ending of the segments' file names."""

    @property
    def exists(self) -> bool:
        """Whether the folder exists."""
        return (self.folder / "job.json").exists()

    @property
    def engine(self) -> str:
        """Execution engine with which the film was begun."""
        return str(self._read("job.json")["job"]["method"]["engine"])

    def create(self, manifest: dict[str, Any], device: torch.device) -> None:
        """Create the folder afresh.

        Raises: InputError: the folder cannot be created.
        """
        with explain_write_errors(self.folder):
            for name in ("job.json", "frames.json"):
                (self.folder / name).unlink(missing_ok=True)
            for name in ("frames", "segments"):
                shutil.rmtree(self.folder / name, ignore_errors=True)
            (self.folder / "frames").mkdir(parents=True)
            (self.folder / "segments").mkdir()
        self._write("job.json", {"job": manifest, "machine": describe_machine(device)})

    def require_same(self, manifest: dict[str, Any], device: torch.device) -> list[str]:
        """Raise unless the folder is the same film's, remove half-written files, and return notes about the machine.

        Raises: InputError: the film or its options differ, or the folder is damaged.
        """
        kept = self._read("job.json")
        if changed := list_film_changes(manifest, kept["job"]):
            raise InputError(
                f"{self.folder} holds another film ({'; '.join(changed)}): give the same options and files, or begin "
                "anew without --resume (and with --force)."
            )
        for rest in self.folder.rglob("*.part"):
            rest.unlink(missing_ok=True)
        machine = list_changes(describe_machine(device), kept["machine"])
        return [f"the machine is not the same ({', '.join(machine)}): last bits may differ"] if machine else []

    def read_analysis(self) -> FilmAnalysis | None:
        """Return the analysis, if it was completed."""
        return FilmAnalysis.from_json(self._read("frames.json")) if (self.folder / "frames.json").exists() else None

    def write_analysis(self, analysis: FilmAnalysis) -> None:
        """Store the analysis."""
        self._write("frames.json", analysis.to_json())

    @property
    def frames(self) -> FrameFolder:
        """The frames of the film."""
        return FrameFolder(self.folder / "frames")

    def store(self, name: str) -> FrameFolder:
        """Return the store with a name, for frames painted ahead of those that need them."""
        return FrameFolder(self.folder / "frames", f"{name}-")

    def remove_stored(self, indices: range) -> None:
        """Remove the frames in a range from all stores of frames painted ahead."""
        for one in (self.folder / "frames").glob("*-*.safetensors"):
            if int(one.stem.rsplit("-", 1)[1]) in indices:
                one.unlink(missing_ok=True)

    def segment(self, first: int) -> Path:
        """Return the file of the segment that begins with a frame."""
        return self.folder / "segments" / f"{first:08}{self.suffix}"

    @property
    def is_empty(self) -> bool:
        """Whether the folder holds no painted frame."""
        return not any(any((self.folder / name).glob("*")) for name in ("frames", "segments"))

    def remove(self) -> None:
        """Remove the folder, as the last step."""
        (self.folder / "job.json").unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self, name: str, document: dict[str, Any]) -> None:
        with atomic_write(self.folder / name, overwrite=True) as temporary:
            temporary.write_text(json.dumps(document))

    def _read(self, name: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self.folder / name).read_text())
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self.folder / name} is damaged ({error}): remove {self.folder}, and start over."
            ) from error
        return found


def list_film_changes(manifest: dict[str, Any], there: dict[str, Any]) -> list[str]:
    """Return, in words, the differences between two manifests that make their films differ."""
    here: dict[str, Any] = json.loads(json.dumps(manifest))
    return list_changes(_name_method(here), _name_method(there)) or [
        change
        for part in sorted(here.keys() | there.keys())
        if here.get(part) != there.get(part)
        for change in _list_part_changes(part, here.get(part) or {}, there.get(part) or {})
    ]


def _list_part_changes(part: str, here: Any, there: Any) -> list[str]:
    both_are_options = isinstance(here, dict) and isinstance(there, dict)
    return list_changes(here, there) if both_are_options else [f"{part}: another file"]


def _name_method(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return only the method's name, since the options of different methods cannot be compared."""
    kind = manifest.get("method", {}).get("kind")
    return {"method": next((name for name, one in known_methods().items() if one.__name__ == kind), kind)}


def segments_of(analysis: FilmAnalysis) -> list[range]:
    """Return the frames of each segment, a part of a shot with at most `SEGMENT` frames."""
    return [
        range(first, min(first + SEGMENT, shot.end))
        for shot in analysis.shots
        for first in range(shot.first, shot.end, SEGMENT)
    ]
