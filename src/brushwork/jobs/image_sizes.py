"""The sizes at which a job decodes and encodes its images."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from brushwork.controls.style_file import ENDING
from brushwork.controls.style_scale import largest_style_size, scales_for, style_size
from brushwork.encoders import Encoder
from brushwork.errors import InputError
from brushwork.feedforward.adain_transfer import AdaINOptions
from brushwork.feedforward.inference import FeedForwardOptions, output_size
from brushwork.images import MAX_PIXELS, Size, image_size
from brushwork.jobs.job import BaseJob
from brushwork.recipes import MDANOptions, RecipeOptions, TextureOptions, TransferOptions, encoded_layers, schedule
from brushwork.recipes.mdan import mdan_style_size
from brushwork.recipes.texture_synthesis import source_size_at


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
    init: Size


def decode_sizes(job: BaseJob) -> DecodeSizes:
    """Return the largest size at which a job encodes each image, from the file headers.

    Raises: InputError: an image cannot be used.
    """
    options, own = job.options, _size(job, job.content)
    if isinstance(options, FeedForwardOptions):
        content = first = finest = output_size(options, own)
    else:
        levels = schedule(options, own)
        first, finest = levels[0].size, levels[-1].size
        content = source_size_at(options, finest, own) if isinstance(options, TextureOptions) else finest
    return DecodeSizes(content, tuple(_painting_at(job, finest, number) for number in range(len(job.styles))), first)


def is_style_file(path: Path) -> bool:
    """Return whether the file name is that of a style file."""
    return path.suffix.lower() == ENDING


def _painting_at(job: BaseJob, finest: Size, number: int) -> Size | None:
    path = job.styles[number]
    if is_style_file(path):
        return None
    own, which = _size(job, path), (number, len(job.styles))
    match job.options:
        case TransferOptions() | AdaINOptions():
            return largest_style_size(job.options, finest, own, which)
        case MDANOptions():
            return mdan_style_size(job.options, finest, own, max(job.options.scales))
        case _:
            return own


def _size(job: BaseJob, path: Path) -> Size:
    return image_size(path, max_pixels=job.max_pixels or MAX_PIXELS)


def encoded_sizes(options: RecipeOptions, sizes: InputSizes, level: Size) -> dict[str, Size]:
    """Return the size of every image that is encoded while the result has the size `level`."""
    found = {"the result": level}
    if isinstance(options, TransferOptions):
        for number, style in enumerate(sizes.styles):
            for scale in scales_for(options, number, len(sizes.styles)):
                at = f" at scale {scale:g}" if scale != 1 else ""
                found[f"painting {number + 1}{at}"] = style_size(options, level, style, scale)
    if isinstance(options, MDANOptions):
        for number, style in enumerate(sizes.styles, start=1):
            found[f"painting {number}"] = mdan_style_size(options, level, style, max(options.scales))
    if isinstance(options, TextureOptions):
        found["the picture"] = source_size_at(options, level, sizes.content)
    return found


def max_encoded_pixels(options: RecipeOptions, sizes: InputSizes) -> int:
    """Return the number of pixels of the largest image that is encoded."""
    finest = schedule(options, sizes.content)[-1].size
    return max(size.area for size in encoded_sizes(options, sizes, finest).values())


def require_encodable(options: RecipeOptions, sizes: InputSizes, encoder: Encoder) -> None:
    """Check that at the coarsest level every image is large enough for the deepest layer.

    Raises: InputError: an image is too small, or the encoder does not have a layer.
    """
    smallest = encoder.min_size(encoded_layers(options))
    for what, size in _smallest_shown(options, sizes).items():
        if min(size) < smallest:
            raise InputError(
                f"{what} would be {size} pixels at first, and the layers of {encoder.name} need {smallest} a side: "
                "take a larger size or coarsest, or a picture that is less long."
            )


def is_encodable(options: RecipeOptions, sizes: InputSizes, encoder: Encoder) -> bool:
    """Return whether every image is large enough for the deepest layer at the coarsest level."""
    smallest = encoder.min_size(encoded_layers(options))
    return all(min(size) >= smallest for size in _smallest_shown(options, sizes).values())


def _smallest_shown(options: RecipeOptions, sizes: InputSizes) -> dict[str, Size]:
    return encoded_sizes(options, sizes, schedule(options, sizes.content)[0].size)
