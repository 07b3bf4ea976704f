"""The pictures of a job, read."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch

from brushwork.jobs.job import Job
from brushwork.picture import MAX_PIXELS, Picture, Size, read_picture
from brushwork.recipes import Pictures


class Sizes(NamedTuple):
    """How large the pictures of a job are."""

    content: Size
    paintings: tuple[Size, ...]


class Inputs(NamedTuple):
    """What a job looks at."""

    content: Picture
    paintings: tuple[Picture, ...]
    start: Picture | None

    @property
    def sizes(self) -> Sizes:
        return Sizes(self.content.size, tuple(painting.size for painting in self.paintings))

    @property
    def nbytes(self) -> int:
        """Bytes that a rehearsal counts for them."""
        return sum(picture.image.nbytes for picture in (self.content, *self.paintings))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the pictures when they were read."""
        read = (self.content, *self.paintings, *((self.start,) if self.start else ()))
        return tuple(f"{picture.name}: {note}" for picture in read for note in picture.notes)

    def on(self, device: torch.device) -> Pictures:
        """The pictures on a device."""
        return Pictures(
            self.content.image.to(device),
            tuple(painting.image.to(device) for painting in self.paintings),
            None if self.start is None else self.start.image.to(device),
        )


def read_inputs(job: Job) -> Inputs:
    """Read the pictures of a job.

    Raises: InputError: one of them cannot be used.
    """
    return Inputs(
        _read(job, job.content),
        tuple(_read(job, painting) for painting in job.paintings),
        None if job.start is None else _read(job, job.start),
    )


def read_sizes(job: Job) -> Sizes:
    """The sizes of the pictures, read one after the other.

    Raises: InputError: one of them cannot be used.
    """
    return Sizes(_read(job, job.content).size, tuple(_read(job, painting).size for painting in job.paintings))


def _read(job: Job, path: Path) -> Picture:
    return read_picture(path, max_pixels=job.max_pixels or MAX_PIXELS)
