"""Read the images of a job: content, styles, initial image, and masks of regions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from brushwork.controls import RecipeInputs, StyleFile, StyleRegion
from brushwork.errors import InputError
from brushwork.feedforward.texture import NO_CONTENT
from brushwork.images import MAX_PIXELS, ImageFile, LoadedImage, Size, read_image
from brushwork.images.masks import read_mask, read_masks
from brushwork.jobs.image_sizes import InputSizes, largest_style_size
from brushwork.jobs.job import Job
from brushwork.options import ScheduleLevel, require_enough_pixels
from brushwork.storage.file_names import STYLE_ENDING
from brushwork.storage.folders import expand_user
from brushwork.storage.pipes import require_rereadable
from brushwork.types import Mask

_OTHER_PROPORTIONS = 0.05
"""Relative tolerance of a mask's aspect ratio: the sides of small masks are rounded to whole pixels."""


_EVERYTHING = torch.ones(1, 8, 8)
"""A mask that covers a whole style image; masks may have any size."""


_NO_CONTENT = LoadedImage(NO_CONTENT, None, (), 8, "noise")
"""The content image of a texture from noise."""


class JobInputs(NamedTuple):
    """The input images of a job."""

    content: LoadedImage
    styles: tuple[LoadedImage | StyleFile, ...]
    init: LoadedImage | None
    levels: tuple[ScheduleLevel, ...]
    """Sizes of the result, coarse to fine, with their iterations."""
    regions: tuple[StyleRegion, ...] = ()

    @property
    def sizes(self) -> InputSizes:
        """Sizes of the images and masks."""
        return InputSizes(self.content.size, tuple(style.size for style in self.styles), _sizes(self.regions))

    @property
    def nbytes(self) -> int:
        """Bytes that the memory estimate counts for the content and the styles."""
        return sum(image.image.nbytes for image in self._pictures)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes about what was changed while reading the images."""
        read = (*self._pictures, *((self.init,) if self.init else ()))
        return tuple(f"{image.name}: {note}" for image in read for note in image.notes)

    @property
    def _pictures(self) -> tuple[LoadedImage, ...]:
        return (self.content, *(style for style in self.styles if isinstance(style, LoadedImage)))

    def to_device(self, device: torch.device) -> RecipeInputs:
        """Return the inputs of the recipe on a device."""
        return RecipeInputs(
            self.content.image.to(device),
            tuple((one.image if isinstance(one, LoadedImage) else one).to(device) for one in self.styles),
            None if self.init is None else self.init.image.to(device),
            tuple(region.to(device) for region in self.regions),
        )


class InputFiles(NamedTuple):
    """The content image and the styles of a job, with their headers read."""

    content: ImageFile | None
    """None: a texture from noise."""
    styles: tuple[ImageFile | StyleFile, ...]
    levels: tuple[ScheduleLevel, ...]
    """The schedule for the content image at its full size."""
    content_size: Size
    """The largest size at which the content image is encoded."""
    style_sizes: tuple[Size, ...]
    """The largest size at which each style image is encoded."""

    @classmethod
    def open(cls, job: Job) -> InputFiles:
        """Open the files of a job.

        Raises: InputError: they cannot be used, or the method does not take them.
        """
        _require_usable(job)
        options, limit = job.options, job.max_pixels or MAX_PIXELS
        content = None if job.content is None else ImageFile(job.content, limit)
        styles = tuple(
            StyleFile.read(expand_user(path)) if path.suffix.lower() == STYLE_ENDING else ImageFile(path, limit)
            for path in job.styles
        )
        if not options.takes_small_images:
            _require_large_enough(job, content, styles)
        own = Size(0, 0) if content is None else content.size
        levels = tuple(options.schedule(own))
        finest = levels[-1].size
        needed = tuple(
            largest_style_size(options, finest, style.size, number, len(styles))[1]
            for number, style in enumerate(styles)
        )
        return cls(content, styles, levels, options.content_size(finest, own), needed)


def read_inputs(job: Job) -> JobInputs:
    """Read the images of a job.

    Raises: InputError: an image cannot be used.
    """
    files = InputFiles.open(job)
    content = _NO_CONTENT if files.content is None else files.content.read(files.content_size)
    styles = tuple(
        one if isinstance(one, StyleFile) else one.read(size)
        for one, size in zip(files.styles, files.style_sizes, strict=True)
    )
    init = None
    if job.init is not None:
        init = read_image(job.init, max_pixels=job.max_pixels or MAX_PIXELS, min_size=files.levels[-1].size)
    regions = read_regions(job, content.size, [one.size for one in styles])
    # Giant files are reduced while reading, and rounding may change their proportions slightly.
    is_whole = files.content is None or content.size == files.content.size
    levels = files.levels if is_whole else tuple(job.options.schedule(content.size))
    return JobInputs(content, styles, init, levels, regions)


def read_sizes(job: Job) -> InputSizes:
    """Return the sizes of a job's images without decoding them.

    Raises: InputError: an image cannot be used.
    """
    return read_headers(job)[0]


def read_headers(job: Job) -> tuple[InputSizes, tuple[StyleFile | None, ...]]:
    """Return the sizes of a job's images without decoding them, and its style files (None for a style image).

    Raises: InputError: an image cannot be used.
    """
    files = InputFiles.open(job)
    content = Size(0, 0) if files.content is None else files.content.reduced_size(files.content_size)
    sizes = tuple(
        one.size if isinstance(one, StyleFile) else one.reduced_size(size)
        for one, size in zip(files.styles, files.style_sizes, strict=True)
    )
    styles = tuple(one if isinstance(one, StyleFile) else None for one in files.styles)
    return InputSizes(content, sizes, _sizes(read_regions(job, content, sizes))), styles


def _require_usable(job: Job) -> None:
    """Check that the method takes the given inputs, and that the files can be read more than once.

    Raises: InputError.
    """
    if (job.content is None) == job.options.takes_content:
        expected = "a content image, but none was given" if job.content is None else "no content image: remove it"
        raise InputError(f"{job.options.method} takes {expected}.")
    job.options.require_taken(styles=job.styles, regions=job.regions, init=job.init)
    for path in job.inputs:
        require_rereadable(expand_user(path))


def _require_large_enough(job: Job, content: ImageFile | None, styles: Sequence[ImageFile | StyleFile]) -> None:
    """Check the sizes of the image files, by their headers.

    Raises: InputError: a side below `SMALLEST_SIDE`.
    """
    for path, image in zip((job.content, *job.styles), (content, *styles), strict=True):
        if path is not None and isinstance(image, ImageFile):
            require_enough_pixels(image.size, path.name)


def _sizes(regions: tuple[StyleRegion, ...]) -> tuple[tuple[Size, Size, int], ...]:
    return tuple((Size.of(one.content), Size.of(one.style), one.style_index) for one in regions)


def read_regions(job: Job, content: Size, styles: Sequence[Size]) -> tuple[StyleRegion, ...]:
    """Read the masks of a job's regions: pair k belongs to style k, or all pairs to the only style.

    Raises: InputError: a mask cannot be used or does not fit its image, or the numbers of pairs and styles differ.
    """
    if not job.regions:
        return ()
    if not job.styles:
        raise InputError("regions were given without style images: they apply to style transfer only.")
    if len(styles) not in (1, len(job.regions)):
        raise InputError(
            f"the number of regions is {len(job.regions)}, that of style images {len(styles)}: give a pair of masks "
            "for each, in the same order, or a single style image."
        )
    return tuple(_regions(job, content, styles))


def _regions(job: Job, content: Size, styles: Sequence[Size]) -> Iterator[StyleRegion]:
    limit = job.max_pixels or MAX_PIXELS
    for number, masks in enumerate(job.regions):
        whose = number if len(styles) > 1 else 0
        own, *other = (expand_user(mask) for mask in masks)
        if not other:
            region = StyleRegion(read_mask(own, max_pixels=limit), _EVERYTHING, whose)
            _require_alike(region.content, own, content)
            yield region
            continue
        pairs = read_masks(own, other[0], max_pixels=limit)
        _require_alike(pairs[0].content, own, content)
        _require_alike(pairs[0].style, other[0], styles[whose])
        yield from (StyleRegion(pair.content, pair.style, whose) for pair in pairs)


def _require_alike(mask: Mask, path: Path, image: Size) -> None:
    size = Size.of(mask)
    if abs(size.width * image.height / (size.height * image.width) - 1) > _OTHER_PROPORTIONS:
        raise InputError(
            f"the mask {path.name} has {size} pixels, but its image {image}: give a mask of the same proportions."
        )
