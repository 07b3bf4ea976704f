"""The pictures of a job, read."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch

from brushwork.folders import expanded
from brushwork.jobs.job import Commission, Job
from brushwork.jobs.regions import read_regions
from brushwork.jobs.wanted import is_kept, wanted
from brushwork.picture import MAX_PIXELS, Picture, Size, picture_size, read_picture
from brushwork.pipes import require_rereadable
from brushwork.recipes import KeptStyle, Pictures, Region


class Sizes(NamedTuple):
    """How large the pictures of a job are."""

    content: Size
    paintings: tuple[Size, ...]
    regions: tuple[tuple[Size, Size, int], ...] = ()
    """Of each region the sizes of its two masks, and the number of its painting."""


class Inputs(NamedTuple):
    """What a job looks at."""

    content: Picture
    paintings: tuple[Picture | KeptStyle, ...]
    start: Picture | None
    regions: tuple[Region, ...] = ()

    @property
    def sizes(self) -> Sizes:
        return Sizes(self.content.size, tuple(painting.size for painting in self.paintings), _sizes(self.regions))

    @property
    def nbytes(self) -> int:
        """Bytes that a rehearsal counts for them."""
        return sum(picture.image.nbytes for picture in self._pictures)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the pictures when they were read."""
        read = (*self._pictures, *((self.start,) if self.start else ()))
        return tuple(f"{picture.name}: {note}" for picture in read for note in picture.notes)

    @property
    def _pictures(self) -> tuple[Picture, ...]:
        return (self.content, *(painting for painting in self.paintings if isinstance(painting, Picture)))

    def on(self, device: torch.device) -> Pictures:
        """The pictures on a device."""
        return Pictures(
            self.content.image.to(device),
            tuple((one.image if isinstance(one, Picture) else one).to(device) for one in self.paintings),
            None if self.start is None else self.start.image.to(device),
            tuple(region.to(device) for region in self.regions),
        )


def read_inputs(job: Commission) -> Inputs:
    """Read the pictures of a job.

    Raises: InputError: one of them cannot be used.
    """
    _require_rereadable(job)
    looked_at = wanted(job)
    content = _read(job, job.content, looked_at.content)
    paintings = tuple(
        _read_painting(job, painting, enough)
        for painting, enough in zip(job.paintings, looked_at.paintings, strict=True)
    )
    given = job.start if isinstance(job, Job) else None
    start = None if given is None else _read(job, given, looked_at.start)
    regions = read_regions(job, content.size, [painting.size for painting in paintings])
    return Inputs(content, paintings, start, regions)


def read_sizes(job: Commission) -> Sizes:
    """The sizes that the pictures would have if they were read.

    Raises: InputError: one of them cannot be used.
    """
    _require_rereadable(job)
    looked_at, limit = wanted(job), job.max_pixels or MAX_PIXELS
    content = picture_size(job.content, max_pixels=limit, enough=looked_at.content)
    paintings = tuple(
        KeptStyle.read(expanded(path)).size if is_kept(path) else picture_size(path, max_pixels=limit, enough=enough)
        for path, enough in zip(job.paintings, looked_at.paintings, strict=True)
    )
    return Sizes(content, paintings, _sizes(read_regions(job, content, paintings)))


def _require_rereadable(job: Commission) -> None:
    for path in job.inputs:
        require_rereadable(expanded(path))


def _sizes(regions: tuple[Region, ...]) -> tuple[tuple[Size, Size, int], ...]:
    return tuple((Size.of(one.photograph), Size.of(one.painting), one.whose) for one in regions)


def _read_painting(job: Commission, path: Path, enough: Size | None) -> Picture | KeptStyle:
    """A painting, or the style that was kept of one."""
    return KeptStyle.read(expanded(path)) if is_kept(path) else _read(job, path, enough)


def _read(job: Commission, path: Path, enough: Size | None) -> Picture:
    return read_picture(path, max_pixels=job.max_pixels or MAX_PIXELS, enough=enough)
