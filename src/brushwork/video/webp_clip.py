"""Animated WebP, which FFmpeg does not decode, as a clip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from brushwork.errors import InputError
from brushwork.images.files import open_image_file, quiet_pillow
from brushwork.images.geometry import MAX_PIXELS, Size, require_size
from brushwork.video.clip import ClipFrame, over_mean_color
from brushwork.video.clip_info import ClipInfo

_TICK = Fraction(1, 1000)


@dataclass(frozen=True)
class WebpClip:
    """A clip whose file is an animated WebP."""

    info: ClipInfo

    @property
    def files(self) -> tuple[Path, ...]:
        """The file of the clip."""
        return (self.info.path,)

    def frames(self, start: int | None = None, size: Size | None = None) -> Iterator[ClipFrame]:
        """Yield the frames from a presentation time on; see `Clip`."""
        for pts, picture in _decode(self.info.path):
            if start is None or pts >= start:
                levels = np.asarray(picture.convert("RGBA" if self.info.has_alpha else "RGB"))
                alpha = levels[..., 3] if self.info.has_alpha else None
                yield ClipFrame(pts, levels if alpha is None else over_mean_color(levels), alpha)


def open_webp(path: Path) -> WebpClip:
    """Return the clip in an animated WebP.

    Raises: InputError: the file is damaged, or too large.
    """
    times, size, has_alpha = [0], Size(0, 0), False
    for pts, picture in _decode(path):
        if not pts:
            size, has_alpha = Size(picture.height, picture.width), picture.mode == "RGBA"
            require_size(str(path), size, MAX_PIXELS)
        times.append(pts + _lasts(picture))
    count, seconds = len(times) - 1, times[-1] * _TICK
    return WebpClip(
        ClipInfo(
            path=path,
            demuxer="webp",
            size=size,
            coded_size=size,
            time_base=_TICK,
            rate=(count / seconds).limit_denominator(1001),
            frames=count,
            seconds=float(seconds),
            has_alpha=has_alpha,
            codec="webp",
        )
    )


def _decode(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield the time of each frame in milliseconds, and the frame."""
    with open_image_file(path) as file, quiet_pillow(MAX_PIXELS):
        time = 0
        try:
            with PillowImage.open(file, formats=("WEBP",)) as picture:
                for number in range(getattr(picture, "n_frames", 1)):
                    picture.seek(number)
                    picture.load()
                    yield time, picture
                    time += _lasts(picture)
        except (OSError, ValueError, EOFError, SyntaxError) as error:
            raise InputError(f"the film {path} is damaged or incomplete ({error}): get it again.") from error


def _lasts(picture: Any) -> int:
    """Return how many milliseconds a frame is shown."""
    return max(1, int(picture.info.get("duration", 0)))
