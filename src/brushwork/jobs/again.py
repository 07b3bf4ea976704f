"""Painting a picture once more, from what is written in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, cast

from brushwork.errors import InputError
from brushwork.evaluate.machine import pick_device
from brushwork.fast.by_painter import ByPainter
from brushwork.fast.painter import load_painter
from brushwork.fast.shelf import shelved
from brushwork.folders import expanded
from brushwork.jobs.inscription import read_inscription
from brushwork.jobs.job import DeviceName, Job, OnePass, commission
from brushwork.jobs.record import Record, changed, machine
from brushwork.jobs.source import Source, sha256_of
from brushwork.perception.reading import digest


class Repeat(NamedTuple):
    """The job of a picture that was painted before."""

    job: Job | OnePass
    notes: tuple[str, ...]
    """What is different from then, and may change the last bits: versions, processor, threads."""


def again(path: Path, output: Path | None = None) -> Repeat:
    """The job that painted a picture, read from its metadata.

    Inputs are looked for where they were relative to the picture, then by name beside it and in the current folder.
    `output` None: beside the picture, with `-again` in its name.

    Raises: InputError: no such metadata, or an input that is missing or changed.
    """
    path = expanded(path)
    record = read_inscription(path).record
    device = _device(record)
    job = commission(
        at_hand(record, path.parent) if isinstance(record.options, ByPainter) else record.options,
        content=found(record.content, path.parent),
        paintings=tuple(found(painting, path.parent) for painting in record.paintings),
        regions=tuple(tuple(found(mask, path.parent) for mask in masks) for masks in record.regions),
        output=output or path.with_stem(f"{path.stem}-again"),
        start=None if record.start is None else found(record.start, path.parent),
        device=device,
        tiling=record.tiling,
    )
    changes = changed(machine(pick_device(device)), record.machine)
    note = f"it was painted in other circumstances ({'; '.join(changes)}): the last bits may come out otherwise."
    return Repeat(job, (note,) if changes else ())


def found(source: Source, folder: Path) -> Path:
    """The file of this hash: where it was relative to the folder, or by its name in it or in the current folder.

    Raises: InputError: it is missing, or has changed.
    """
    places = (folder / source.path, folder / Path(source.path).name, Path(source.path).name)
    present = [Path(place) for place in places if Path(place).is_file()]
    for place in present:
        if sha256_of(place) == source.sha256:
            return place
    if present:
        raise InputError(f"{present[0]} has changed since it was painted: put the former file back in its place.")
    raise InputError(f"{source.path} is missing, as seen from {folder}: put it there, or beside the picture.")


def at_hand(record: Record, folder: Path) -> ByPainter:
    """The options of a picture by a painter, with the painter's file as it is found: where it was named, in the folder,
    or by its name.

    Raises: InputError: it is missing, or another one now.
    """
    assert isinstance(record.options, ByPainter)
    named = Path(record.options.painter)
    places = (named, folder / named, folder / named.name, shelved().get(named.stem, named))
    present = list(dict.fromkeys(place for place in places if place.is_file()))
    for place in present:
        if digest(load_painter(place).network.state_dict()) == record.weights:
            return replace(record.options, painter=str(place))
    if present:
        raise InputError(f"{present[0]} has changed since it painted: put the former file back in its place.")
    raise InputError(f"the painter {named} is missing: put its file into {folder}, or into the current folder.")


def _device(record: Record) -> DeviceName:
    """The device it was painted on, or what there is."""
    name = str(record.machine.get("device"))
    try:
        return cast("DeviceName", pick_device(name).type)
    except InputError:
        return "auto"
