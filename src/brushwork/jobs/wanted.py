"""How large the pictures of a job are looked at, at most: giant ones need not be held larger than twice that."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from brushwork.jobs.job import Job
from brushwork.picture import MAX_PIXELS, Size, picture_size
from brushwork.recipes import Options, Texture, Transfer, plan
from brushwork.recipes.kept_style import ENDING
from brushwork.recipes.texture import picture_size_at
from brushwork.recipes.transfer import style_size


class Wanted(NamedTuple):
    """The largest sizes at which pictures are looked at; None for a style that was kept of a painting."""

    content: Size
    paintings: tuple[Size | None, ...]
    start: Size


def wanted(job: Job) -> Wanted:
    """How large a job looks at its pictures, from their headers.

    Raises: InputError: one of them cannot be used.
    """
    options, own = job.options, _size(job, job.content)
    levels = plan(options, own)
    finest = levels[-1].size
    return Wanted(
        picture_size_at(options, finest, own) if isinstance(options, Texture) else finest,
        tuple(None if is_kept(path) else _painting_at(options, finest, _size(job, path)) for path in job.paintings),
        levels[0].size,
    )


def is_kept(path: Path) -> bool:
    """Whether a file's name says that it holds the style that was kept of a painting."""
    return path.suffix.lower() == ENDING


def _painting_at(options: Options, finest: Size, painting: Size) -> Size:
    return style_size(options, finest, painting) if isinstance(options, Transfer) else painting


def _size(job: Job, path: Path) -> Size:
    return picture_size(path, max_pixels=job.max_pixels or MAX_PIXELS)
