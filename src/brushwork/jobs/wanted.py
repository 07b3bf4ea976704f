"""How large the pictures of a job are looked at, at most: giant ones need not be held larger than twice that."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from brushwork.fast.at_once import FeedForwardOptions, output_size
from brushwork.fast.instant import AdaINOptions
from brushwork.jobs.job import BaseJob
from brushwork.picture import MAX_PIXELS, Size, image_size
from brushwork.recipes import MDANOptions, TextureOptions, TransferOptions, schedule
from brushwork.recipes.kept_style import ENDING
from brushwork.recipes.mdan import mdan_style_size
from brushwork.recipes.scales import largest_style_size
from brushwork.recipes.texture import source_size_at


class DecodeSizes(NamedTuple):
    """The largest sizes at which pictures are looked at; None for a style that was kept of a painting."""

    content: Size
    styles: tuple[Size | None, ...]
    init: Size


def decode_sizes(job: BaseJob) -> DecodeSizes:
    """How large a job looks at its pictures, from their headers.

    Raises: InputError: one of them cannot be used.
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
    """Whether a file's name says that it holds the style that was kept of a painting."""
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
