"""How large the pictures of a job are looked at, at most: giant ones need not be held larger than twice that."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from brushwork.fast.at_once import AtOnce, canvas_size
from brushwork.fast.instant import Instant
from brushwork.jobs.job import Commission
from brushwork.picture import MAX_PIXELS, Size, picture_size
from brushwork.recipes import Mdan, Texture, Transfer, plan
from brushwork.recipes.kept_style import ENDING
from brushwork.recipes.mdan import painting_size
from brushwork.recipes.scales import largest_style_size
from brushwork.recipes.texture import picture_size_at


class Wanted(NamedTuple):
    """The largest sizes at which pictures are looked at; None for a style that was kept of a painting."""

    content: Size
    paintings: tuple[Size | None, ...]
    start: Size


def wanted(job: Commission) -> Wanted:
    """How large a job looks at its pictures, from their headers.

    Raises: InputError: one of them cannot be used.
    """
    options, own = job.options, _size(job, job.content)
    if isinstance(options, AtOnce):
        content = first = finest = canvas_size(options, own)
    else:
        levels = plan(options, own)
        first, finest = levels[0].size, levels[-1].size
        content = picture_size_at(options, finest, own) if isinstance(options, Texture) else finest
    return Wanted(content, tuple(_painting_at(job, finest, number) for number in range(len(job.paintings))), first)


def is_kept(path: Path) -> bool:
    """Whether a file's name says that it holds the style that was kept of a painting."""
    return path.suffix.lower() == ENDING


def _painting_at(job: Commission, finest: Size, number: int) -> Size | None:
    path = job.paintings[number]
    if is_kept(path):
        return None
    own, which = _size(job, path), (number, len(job.paintings))
    match job.options:
        case Transfer() | Instant():
            return largest_style_size(job.options, finest, own, which)
        case Mdan():
            return painting_size(job.options, finest, own, max(job.options.scales))
        case _:
            return own


def _size(job: Commission, path: Path) -> Size:
    return picture_size(path, max_pixels=job.max_pixels or MAX_PIXELS)
