"""Repeat a job from the manifest in an image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

from brushwork.choices import DeviceName
from brushwork.devices.select import select_device
from brushwork.errors import InputError
from brushwork.jobs.job import Job
from brushwork.jobs.manifest import (
    EmbeddedResult,
    ImageSource,
    Manifest,
    describe_machine,
    list_changes,
    read_embedded_result,
    read_record,
)
from brushwork.recipes import TextureOptions
from brushwork.storage.folders import require_path
from brushwork.storage.hashing import file_sha256, find_unchanged


class RerunJob(NamedTuple):
    """The job that repeats an earlier one, with notes."""

    job: Job
    notes: tuple[str, ...]
    """Why the result may differ: it was not painted to its end, or with other versions, processors or threads."""


def job_from_image(path: Path, output: Path | None = None) -> RerunJob:
    """Return the job that produced an image, read from its metadata.

    Inputs are looked up at their path relative to the image, then by name beside it and in the current folder.
    `output` None: beside the image, with `-rerun` in its name.

    Raises: InputError: there is no such metadata, or an input is missing or has changed.
    """
    path = require_path(path, "the image")
    result = read_embedded_result(path)
    manifest = result.manifest
    device = _device(manifest)
    job = Job(
        options=manifest.options.with_found_network(path.parent, manifest.weights),
        content=None if manifest.content is None else find_by_hash(manifest.content, path),
        styles=tuple(find_by_hash(style, path) for style in manifest.styles),
        regions=tuple(tuple(find_by_hash(mask, path) for mask in masks) for masks in manifest.regions),
        output=output or path.with_stem(f"{path.stem}-rerun"),
        init=None if manifest.init is None else find_by_hash(manifest.init, path),
        device=device,
        tiling=manifest.tiling,
        weights=manifest.weights,
    )
    return RerunJob(job, tuple(_notes(result, describe_machine(select_device(device)))))


def _notes(result: EmbeddedResult, machine: dict[str, str | int]) -> Iterator[str]:
    """Yield the reasons why the repetition on this machine may give another picture."""
    if result.is_early or not result.is_finished:
        yield f"it was saved at iteration {result.iterations}, before its end: the repetition is painted to the end."
    if changes := "; ".join(list_changes(machine, result.manifest.machine)):
        yield f"it was painted in a different environment ({changes}): the result may differ in the last bits."


def find_by_hash(source: ImageSource, picture: Path) -> Path:
    """Find the file with this hash: at its path relative to the picture, or by name beside it or in the current folder.

    If the picture is a symbolic link, the folder of the file that it leads to is searched too.

    Raises: InputError: it is missing, or has changed.
    """
    path, folder = Path(source.path), picture.parent
    folders = dict.fromkeys((folder, picture.resolve().parent))
    places = (*(one / name for one in folders for name in (path, path.name)), Path(path.name))
    found = find_unchanged(places, file_sha256, source.sha256)
    if found is None:
        raise InputError(f"{path} is missing (looked in {folder} and the current folder): put it beside the picture.")
    return found


def _device(manifest: Manifest) -> DeviceName:
    """Return the device of the earlier job, or `auto` if it is not available."""
    name = str(manifest.machine.get("device"))
    try:
        return cast("DeviceName", select_device(name).type)
    except InputError:
        return "auto"


class ImageOrigin(NamedTuple):
    """The input files of an image."""

    content: Path | None
    """The photograph, or the composition of combined paintings; None: there is none, as for a texture."""
    styles: tuple[Path, ...]
    """The paintings; none for results of models and for reconstructed contents."""


def read_origin(path: Path) -> ImageOrigin:
    """Read the origin of an image from its metadata; the options may be those of another version.

    Raises: InputError: there is no manifest, or a file is missing or has changed.
    """
    content, styles, _ = _read_sources(path)
    return ImageOrigin(
        None if content is None else find_by_hash(content, path),
        tuple(find_by_hash(one, path) for one in styles),
    )


def read_network(path: Path) -> str:
    """Return the network that produced an image, from its metadata; its files need not be there.

    Raises: InputError: there is no manifest.
    """
    return _read_sources(path)[2]


def _read_sources(path: Path) -> tuple[ImageSource | None, list[ImageSource], str]:
    """Return the content image, the style images and the network that the metadata name.

    Raises: InputError: there is no manifest.
    """
    with read_record(path) as data:
        return *_content_and_styles(data), str(data["network"])


def _content_and_styles(data: Mapping[str, Any]) -> tuple[ImageSource | None, list[ImageSource]]:
    """Return the content and style images of a manifest.

    The one image of a texture is its style; the content is the file it began with, if any: a composition, for example.
    """
    content, init = (None if data[name] is None else ImageSource.from_json(data[name]) for name in ("content", "init"))
    if content is not None and data["method"] == TextureOptions.method:
        return init, [content]
    return content, [ImageSource.from_json(one) for one in data["styles"]]
