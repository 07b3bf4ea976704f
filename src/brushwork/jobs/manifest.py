"""The manifest of a job: written into the image's metadata, and compared with checkpoints.

It holds no times and nothing about interruptions, so that the same job writes the same file.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch

from brushwork._version import __version__
from brushwork.errors import InputError
from brushwork.gradients.tiled import Tiling
from brushwork.images import read_metadata
from brushwork.jobs.job import Job, JobOptions
from brushwork.jobs.method import LoadedMethod, Snapshot
from brushwork.jobs.options_json import options_from_json, options_to_json
from brushwork.storage.folders import expand_user
from brushwork.storage.hashing import file_sha256
from brushwork.storage.pipes import STDIN, is_pipe


@dataclass(frozen=True)
class Manifest:
    """A job as it was run: options, input files with their hashes, weights, machine."""

    options: JobOptions
    content: ImageSource | None
    """None for a texture from noise."""
    styles: tuple[ImageSource, ...]
    init: ImageSource | None
    network: str
    """Name of the network's weights."""
    weights: str
    """sha256 over the network's weights."""
    machine: dict[str, str | int]
    """What may change the last bits: versions, device, threads, processor; the number of processes, if several."""
    tiling: Tiling | None = None
    """Tiling of the encoder; None: no tiles. It may change the last bits too."""
    regions: tuple[tuple[ImageSource, ...], ...] = ()
    """Content and style masks of each region."""

    @classmethod
    def of(cls, job: Job, method: LoadedMethod, device: torch.device, ranks: int = 1) -> Manifest:
        """Return the manifest of a job about to run on `ranks` processes.

        Raises: InputError: an image cannot be read.
        """
        folder = job.output.parent
        return cls(
            replace(job.options, engine=method.engine),
            None if job.content is None else make_source(job.content, folder),
            tuple(make_source(style, folder) for style in job.styles),
            None if job.init is None else make_source(job.init, folder),
            method.name,
            method.weights_sha256(),
            describe_machine(device) | ({"ranks": ranks} if ranks > 1 else {}),
            regions=tuple(tuple(make_source(mask, folder) for mask in masks) for masks in job.regions),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the manifest as JSON values."""
        return {
            "method": self.options.method,
            "options": options_to_json(self.options),
            "content": None if self.content is None else self.content._asdict(),
            "styles": [style._asdict() for style in self.styles],
            "init": None if self.init is None else self.init._asdict(),
            "network": self.network,
            "weights": self.weights,
            "machine": self.machine,
            "tiling": None if self.tiling is None else self.tiling._asdict(),
            "regions": [[mask._asdict() for mask in masks] for masks in self.regions],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Manifest:
        """Return the manifest of JSON values; the inverse of `to_json`.

        Raises: InputError: a missing field, or invalid values.
        """
        try:
            return cls(
                options_from_json(data["method"], data["options"]),
                None if data["content"] is None else ImageSource.from_json(data["content"]),
                tuple(map(ImageSource.from_json, data["styles"])),
                None if data["init"] is None else ImageSource.from_json(data["init"]),
                str(data["network"]),
                str(data["weights"]),
                dict(data["machine"]),
                None if data["tiling"] is None else _tiling(data["tiling"]),
                tuple(tuple(map(ImageSource.from_json, masks)) for masks in data["regions"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"the painting's record is incomplete ({error!r}): it was edited.") from error

    def differences(self, other: Manifest) -> list[str]:
        """List, in words, the differences that make the other manifest a different job."""
        mine, yours = self.to_json(), other.to_json()
        is_same_method = mine["method"] == yours["method"]
        found = [f"method: {mine['method']} here, {yours['method']} there"] * (not is_same_method)
        if is_same_method:  # another method has other options
            found += [one for one in list_changes(mine["options"], yours["options"]) if not one.startswith("engine:")]
        for name, what in (("content", "content image"), ("init", "initial image")):
            found += [f"another {what}"] * (_hash(mine[name]) != _hash(yours[name]))
        if [style.sha256 for style in self.styles] != [style_image.sha256 for style_image in other.styles]:
            found.append("other style images")
        if [tuple(mask.sha256 for mask in pair) for pair in self.regions] != [
            tuple(mask.sha256 for mask in pair) for pair in other.regions
        ]:
            found.append("other regions")
        return found + ["other network weights"] * (is_same_method and self.weights != other.weights)

    def machine_differences(self, other: Manifest) -> list[str]:
        """List, in words, how the other manifest's machine differs."""
        mine, yours = (manifest._circumstances for manifest in (self, other))
        return list_changes(mine, yours)

    @property
    def _circumstances(self) -> dict[str, str | int]:
        return {**self.machine, "engine": self.options.engine, "tiling": str(self.tiling or "none")}


class EmbeddedResult(NamedTuple):
    """The manifest and result read from an image's metadata."""

    manifest: Manifest
    is_finished: bool
    """Whether the job was finished; False for an image saved when it was interrupted."""
    iterations: int
    total: float
    losses: Mapping[str, float]
    is_early: bool = False
    """Whether it was finished before its last iteration, with the image so far."""


def embed_result(manifest: Manifest, snapshot: Snapshot, *, finished: bool, early: bool = False) -> str:
    """Return the text for an image's metadata. The same job gives the same text."""
    result: dict[str, Any] = {
        "finished": finished,
        "iterations": snapshot.iterations,
        "total": snapshot.total,
        "losses": dict(snapshot.losses),
    }
    if early:
        result["early"] = True
    return json.dumps({**manifest.to_json(), "result": result})


def read_embedded_result(path: Path) -> EmbeddedResult:
    """Read the result from an image's metadata; the inverse of `embed_result`.

    Raises: InputError: not an image, or not one that brushwork wrote.
    """
    with read_record(path) as data:
        result = data["result"]
        losses = {str(name): float(value) for name, value in result["losses"].items()}
        return EmbeddedResult(
            Manifest.from_json(data),
            bool(result["finished"]),
            int(result["iterations"]),
            float(result["total"]),
            losses,
            bool(result.get("early")),
        )


@contextmanager
def read_record(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the values in an image's metadata, as they were written.

    Raises: InputError: there are none, or they lack what the context reads from them.
    """
    text = read_metadata(path)
    if text is None:
        raise InputError(f"{path} holds no record of how it was painted: give a picture as brushwork wrote it.")
    try:
        yield json.loads(text)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"the record in {path} cannot be read ({error!r}): it was edited.") from error


def _tiling(data: dict[str, int]) -> Tiling:
    """Return the tiling of a manifest. Raises: TypeError, ValueError: the values are not a tiling."""
    tiling = Tiling(**data)
    if not all(type(one) is int and one >= 1 for one in tiling):
        raise ValueError(f"tiling {data!r}")
    return tiling


def describe_machine(device: torch.device) -> dict[str, str | int]:
    """Return what may change the last bits of a result computed here: versions, device, processor, threads."""
    return {
        "brushwork": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "device": device.type,
        "model": _model(device),
        "threads": torch.get_num_threads(),
    }


def list_changes(here: dict[str, Any], there: dict[str, Any]) -> list[str]:
    """List the entries that differ, in words."""
    names = sorted(here.keys() | there.keys())
    return [
        f"{name.replace('_', '-')}: {here.get(name)} here, {there.get(name)} there"
        for name in names
        if here.get(name) != there.get(name)
    ]


def _hash(source: dict[str, str] | None) -> str | None:
    return None if source is None else source["sha256"]


def _model(device: torch.device) -> str:
    """Return what selects the kernels: the accelerator's model, or the CPU's architecture and instruction set."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"


class ImageSource(NamedTuple):
    """An input file: path and hash."""

    path: str
    """Relative to the folder of the output, with `/`; absolute if there is no relative path."""
    sha256: str

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ImageSource:
        """Return the source of JSON values; the inverse of `_asdict`."""
        return cls(str(data["path"]), str(data["sha256"]))


def make_source(path: Path, folder: Path) -> ImageSource:
    """Return the source of a file, with its path relative to a folder.

    Raises: InputError: the file cannot be read.
    """
    path = expand_user(path)
    place = str(path) if is_pipe(path) or path == STDIN else _relative(path, expand_user(folder))
    return ImageSource(place, file_sha256(path))


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()
