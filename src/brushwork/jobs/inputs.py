"""The pictures of a job, read."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch

from brushwork.folders import expand_user
from brushwork.jobs.job import BaseJob, OptimizationJob
from brushwork.jobs.regions import read_regions
from brushwork.jobs.wanted import decode_sizes, is_style_file
from brushwork.picture import MAX_PIXELS, LoadedImage, Size, image_size, read_image
from brushwork.pipes import require_rereadable
from brushwork.recipes import RecipeInputs, StyleFile, StyleRegion


class InputSizes(NamedTuple):
    """How large the pictures of a job are."""

    content: Size
    styles: tuple[Size, ...]
    regions: tuple[tuple[Size, Size, int], ...] = ()
    """Of each region the sizes of its two masks, and the number of its painting."""


class JobInputs(NamedTuple):
    """What a job looks at."""

    content: LoadedImage
    styles: tuple[LoadedImage | StyleFile, ...]
    init: LoadedImage | None
    regions: tuple[StyleRegion, ...] = ()

    @property
    def sizes(self) -> InputSizes:
        return InputSizes(self.content.size, tuple(style.size for style in self.styles), _sizes(self.regions))

    @property
    def nbytes(self) -> int:
        """Bytes that a rehearsal counts for them."""
        return sum(image.image.nbytes for image in self._pictures)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the pictures when they were read."""
        read = (*self._pictures, *((self.init,) if self.init else ()))
        return tuple(f"{image.name}: {note}" for image in read for note in image.notes)

    @property
    def _pictures(self) -> tuple[LoadedImage, ...]:
        return (self.content, *(style for style in self.styles if isinstance(style, LoadedImage)))

    def to_device(self, device: torch.device) -> RecipeInputs:
        """The pictures on a device."""
        return RecipeInputs(
            self.content.image.to(device),
            tuple((one.image if isinstance(one, LoadedImage) else one).to(device) for one in self.styles),
            None if self.init is None else self.init.image.to(device),
            tuple(region.to(device) for region in self.regions),
        )


def read_inputs(job: BaseJob) -> JobInputs:
    """Read the pictures of a job.

    Raises: InputError: one of them cannot be used.
    """
    _require_rereadable(job)
    looked_at = decode_sizes(job)
    content = _read(job, job.content, looked_at.content)
    styles = tuple(
        _read_painting(job, style, min_size) for style, min_size in zip(job.styles, looked_at.styles, strict=True)
    )
    given = job.init if isinstance(job, OptimizationJob) else None
    init = None if given is None else _read(job, given, looked_at.init)
    regions = read_regions(job, content.size, [style_image.size for style_image in styles])
    return JobInputs(content, styles, init, regions)


def read_sizes(job: BaseJob) -> InputSizes:
    """The sizes that the pictures would have if they were read.

    Raises: InputError: one of them cannot be used.
    """
    _require_rereadable(job)
    looked_at, limit = decode_sizes(job), job.max_pixels or MAX_PIXELS
    content = image_size(job.content, max_pixels=limit, min_size=looked_at.content)
    styles = tuple(
        StyleFile.read(expand_user(path)).size
        if is_style_file(path)
        else image_size(path, max_pixels=limit, min_size=min_size)
        for path, min_size in zip(job.styles, looked_at.styles, strict=True)
    )
    return InputSizes(content, styles, _sizes(read_regions(job, content, styles)))


def _require_rereadable(job: BaseJob) -> None:
    for path in job.inputs:
        require_rereadable(expand_user(path))


def _sizes(regions: tuple[StyleRegion, ...]) -> tuple[tuple[Size, Size, int], ...]:
    return tuple((Size.of(one.content), Size.of(one.style), one.style_index) for one in regions)


def _read_painting(job: BaseJob, path: Path, min_size: Size | None) -> LoadedImage | StyleFile:
    """A painting, or the style that was kept of one."""
    return StyleFile.read(expand_user(path)) if is_style_file(path) else _read(job, path, min_size)


def _read(job: BaseJob, path: Path, min_size: Size | None) -> LoadedImage:
    return read_image(path, max_pixels=job.max_pixels or MAX_PIXELS, min_size=min_size)
