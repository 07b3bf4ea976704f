"""The painting's way as a short animation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from PIL import Image as Pillow
from torch import Tensor

from brushwork.errors import InputError
from brushwork.picture import Size, fit_size, resize
from brushwork.picture.levels import quantize
from brushwork.recipes import Progress
from brushwork.types import Image

FRAMES = 60
FRAME_MILLISECONDS = 80
LAST_FRAME_MILLISECONDS = 2000
LARGEST_SIDE = 1080
"""Pixels; larger animations are played by few programs."""
_GIF = ".gif"
ENDINGS = (_GIF, ".webp")

_OPAQUE = 0.5
"""Coverage from which on a pixel of a GIF is opaque."""
_CLEARED: Mapping[str, Mapping[str, Any]] = {_GIF: {"disposal": 2}, ".webp": {}}
"""Options of an animation whose frames are transparent: no frame is seen through the next one."""


class Timelapse:
    """Keeps frames on the way, close together in the beginning where most happens: one at budget · (k/60)²."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._frames: list[Pillow.Image] = []
        self._last: Progress | None = None
        self._alpha: Tensor | None = None

    def begin(self, alpha: Tensor | None) -> None:
        """Keep the coverage, which every frame gets."""
        self._alpha = alpha

    def on_step(self, progress: Progress) -> None:
        """Keep the picture, when a frame is due."""
        self._last = progress
        if progress.iterations >= progress.budget * (len(self._frames) / FRAMES) ** 2:
            self._frames.append(_frame(progress))

    def on_end(self) -> None:
        """Write the animation; all frames get the size of the last one, which is the finished picture.

        Raises: InputError: the file cannot be written.
        """
        if self._last is None:  # nothing was left to paint
            return
        frames = [*self._frames, _frame(self._last)]
        durations = [FRAME_MILLISECONDS] * len(self._frames) + [LAST_FRAME_MILLISECONDS]
        first, *others = _enlarged(frames, _full(self._last), self._coverage(_full(self._last)))
        try:
            first.save(
                self._path,
                save_all=True,
                append_images=others,
                duration=durations,
                loop=0,
                **({} if self._alpha is None else _CLEARED[self._path.suffix.lower()]),
            )
        except OSError as error:
            raise InputError(f"the timelapse cannot be written to {self._path} ({error}).") from error

    def _coverage(self, size: Size) -> Pillow.Image | None:
        """The coverage of every frame; in a GIF, each pixel is opaque or transparent."""
        if self._alpha is None:
            return None
        coverage = resize(self._alpha, size, clamp=True)
        if self._path.suffix.lower() == _GIF:
            coverage = (coverage >= _OPAQUE).float()
        return to_pillow(coverage.expand(-1, 3, -1, -1)).getchannel(0)


def _frame(progress: Progress) -> Pillow.Image:
    """The picture as it is now, no larger than it will be shown."""
    image, full = progress.image, _full(progress)
    return to_pillow(resize(image, full) if Size.of(image).area > full.area else image)


def _full(progress: Progress) -> Size:
    """The size of the animation."""
    finished = progress.levels[-1].size
    return fit_size(finished, LARGEST_SIDE, measure="long") if max(finished) > LARGEST_SIDE else finished


def _enlarged(frames: list[Pillow.Image], size: Size, alpha: Pillow.Image | None) -> Iterator[Pillow.Image]:
    for frame in frames:
        enlarged = frame.resize((size.width, size.height), Pillow.Resampling.BICUBIC)
        if alpha is not None:
            enlarged.putalpha(alpha)
        yield enlarged


def require_animated_format(path: Path) -> None:
    """Refuse a file type that does not move.

    Raises: InputError.
    """
    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"--timelapse is {path}: it must end in {' or '.join(ENDINGS)}.")


def to_pillow(image: Image) -> Pillow.Image:
    """The first picture of a batch, in 8 bits."""
    return Pillow.fromarray(quantize(image[:1]))
