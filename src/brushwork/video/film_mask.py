"""Masks of films: a clip, a folder of pictures, or a still picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

from jaxtyping import Float
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.color import luma
from brushwork.images.geometry import Size
from brushwork.images.read import read_image
from brushwork.images.resample import resize
from brushwork.storage.folders import expand_user
from brushwork.types import Image
from brushwork.video.analysis import FilmAnalysis, FrameTime, analyze_whole
from brushwork.video.clip import Clip
from brushwork.video.clip_file import open_clip
from brushwork.video.clip_info import ClipInfo
from brushwork.video.frame_reader import FrameReader
from brushwork.video.options import FrameSelection
from brushwork.video.signatures import is_still_picture

ReadPlane: TypeAlias = Callable[[int], Float[Tensor, "1 1 _ _"]]
"""Returns the mask or the alpha of a frame of the film, given its index."""

_SHAPE = 0.03
"""Maximum difference of aspect ratios at which a mask fits a film."""


@dataclass(frozen=True)
class FilmMask:
    """An open mask: white is inside, black outside, gray between."""

    path: Path
    clip: Clip | None
    """The clip of the mask; None: a still picture."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of the mask."""
        return (self.path,) if self.clip is None else self.clip.files

    def reader(self, film: Clip, analysis: FilmAnalysis, size: Size) -> ReadPlane:
        """Return a reader of the mask for each frame: the mask nearest in time, both counted from their first frames.

        Raises: InputError: the mask ends before the film does.
        """
        if self.clip is None:
            still = luma(resize(read_image(self.path).image, size, clamp=True))
            return lambda index: still
        reader = FrameReader(self.clip, _pair(self.clip, film, analysis), size)
        return lambda index: luma(reader(index))


def open_mask(path: Path, film: ClipInfo, rate: float) -> FilmMask:
    """Return the mask of a film; `rate` is the frame rate of a folder of pictures.

    Raises: InputError: the mask cannot be used, or differs in shape from the film.
    """
    path = expand_user(path)
    clip = None if is_still_picture(path) else open_clip(path, rate)
    size = Size.of(_still(path)) if clip is None else clip.info.size
    if abs(size.width / size.height * film.size.height / film.size.width - 1) > _SHAPE:
        raise InputError(f"the mask {path} has {size} pixels, and the film {film.size}: give one of the film's shape.")
    return FilmMask(path, clip)


def _still(path: Path) -> Image:
    return read_image(path).image


def _pair(clip: Clip, film: Clip, analysis: FilmAnalysis) -> FilmAnalysis:
    """Return the mask's frames nearest in time to those of the film, both counted from their first frames."""
    sources = [frame.source for frame in analyze_whole(clip, FrameSelection(), "none").frames]
    times = [(source - sources[0]) * clip.info.time_base for source in sources]
    first = next(film.frames()).pts * film.info.time_base
    wanted = [frame.source * film.info.time_base - first for frame in analysis.frames]
    last = times[-1] + 1 / clip.info.rate
    if wanted[-1] > last + Fraction(1, 1000):
        raise InputError(
            f"the mask {clip.info.path} ends at {float(last):.2f} seconds, and the film goes on to "
            f"{float(wanted[-1]):.2f}: give a mask of the same length, or --end {float(first + last):.2f}."
        )
    place, frames = 0, []
    for number, time in enumerate(wanted):
        while place + 1 < len(times) and abs(times[place + 1] - time) <= abs(times[place] - time):
            place += 1
        frames.append(FrameTime(sources[place], number))
    return FilmAnalysis(clip.info.time_base, tuple(frames), ())
