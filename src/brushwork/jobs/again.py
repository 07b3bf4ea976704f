"""Painting a picture once more, from what is written in it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from brushwork.jobs.job import Job


class Repeat(NamedTuple):
    """The job of a picture that was painted before."""

    job: Job
    notes: tuple[str, ...]
    """What is different from then, and may change the last bits: versions, device, threads."""


def again(path: Path, output: Path | None = None) -> Repeat:
    """The job that painted a picture, read from its metadata.

    Inputs are looked for where they were relative to the picture, then by name beside it and in the current folder.
    `output` None: beside the picture, with `-again` in its name.

    Raises: InputError: no such metadata, or an input that is missing or changed.
    """
    raise NotImplementedError
