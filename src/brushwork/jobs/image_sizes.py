"""The sizes at which a job decodes and encodes its images."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from brushwork.encoders import Encoder
from brushwork.errors import InputError
from brushwork.images import MAX_PIXELS, Size, image_size
from brushwork.jobs.job import Job
from brushwork.options import MethodOptions, ScheduleLevel
from brushwork.recipes import RecipeOptions
from brushwork.storage.file_names import STYLE_ENDING


class InputSizes(NamedTuple):
    """Sizes of a job's input images."""

    content: Size
    styles: tuple[Size, ...]
    regions: tuple[tuple[Size, Size, int], ...] = ()
    """For each region, the sizes of its two masks and the index of its style."""


class DecodeSizes(NamedTuple):
    """The largest sizes at which images are encoded; None for a style file."""

    content: Size
    styles: tuple[Size | None, ...]
    own: Size
    """The content image's own size, as in its file."""
    levels: tuple[ScheduleLevel, ...]
    """The schedule for a content image of that size."""

    @property
    def init(self) -> Size:
        """Size of the initial image: that of the first level."""
        return self.levels[0].size


def decode_sizes(job: Job) -> DecodeSizes:
    """Return the largest size at which a job encodes each image, from the file headers.

    Raises: InputError: an image cannot be used.
    """
    own = content_size(job)
    levels = job.options.schedule(own)
    finest = levels[-1].size
    styles = tuple(_style_size(job, finest, number) for number in range(len(job.styles)))
    return DecodeSizes(job.options.content_size(finest, own), styles, own, tuple(levels))


def content_size(job: Job, min_size: Size | None = None) -> Size:
    """Return the size of the content image as it is decoded; that of no image for a texture from noise."""
    return Size(0, 0) if job.content is None else _size(job, job.content, min_size)


def is_style_file(path: Path) -> bool:
    """Return whether the file name is that of a style file."""
    return path.suffix.lower() == STYLE_ENDING


def _style_size(job: Job, finest: Size, number: int) -> Size | None:
    path = job.styles[number]
    if is_style_file(path):
        return None
    return largest_style_size(job.options, finest, _size(job, path), number, len(job.styles))[1]


def largest_style_size(
    options: MethodOptions, finest: Size, style: Size, number: int, styles: int
) -> tuple[float, Size]:
    """Return the largest style scale of a style image, and the size at which it is encoded then.

    Raises: InputError: the options do not fit the number of style images.
    """
    sizes = options.style_sizes(finest, style, number, styles)
    largest = max(sizes)
    return largest, sizes[largest]


def _size(job: Job, path: Path, min_size: Size | None = None) -> Size:
    return image_size(path, max_pixels=job.max_pixels or MAX_PIXELS, min_size=min_size)


def encoded_sizes(options: RecipeOptions, sizes: InputSizes, level: Size) -> dict[str, Size]:
    """Return the size of every image that is encoded while the result has the size `level`."""
    found = {"the result": level, "the picture": options.content_size(level, sizes.content)}
    for number, style in enumerate(sizes.styles):
        for scale, size in options.style_sizes(level, style, number, len(sizes.styles)).items():
            at = f" at scale {scale:g}" if scale != 1 else ""
            found[f"painting {number + 1}{at}"] = size
    return found


def require_encodable(options: RecipeOptions, sizes: InputSizes, coarsest: Size, encoder: Encoder) -> None:
    """Check that at the coarsest level every image is large enough for the deepest layer.

    Raises: InputError: an image is too small, or the encoder does not have a layer.
    """
    smallest = encoder.min_size(options.encoded_layers)
    for what, size in encoded_sizes(options, sizes, coarsest).items():
        if min(size) < smallest:
            raise InputError(
                f"{what} would begin at {size} pixels, but the layers of {encoder.name} need {smallest} a side: use a "
                "larger size or min-size, or an image that is less elongated."
            )


def is_encodable(options: RecipeOptions, sizes: InputSizes, encoder: Encoder) -> bool:
    """Return whether every image is large enough for the deepest layer at the coarsest level."""
    smallest = encoder.min_size(options.encoded_layers)
    coarsest = options.schedule(sizes.content)[0].size
    return all(min(size) >= smallest for size in encoded_sizes(options, sizes, coarsest).values())
