"""The frames of a clip as images of one size, by their index in the film."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.types import Image
from brushwork.video.analysis import FilmAnalysis
from brushwork.video.clip import Clip, ClipFrame

KEPT = 4
"""Number of frames held in memory."""
_SKIP = 64
"""Number of frames that are decoded and dropped instead of seeking."""


class FrameReader:
    """Reads frames in roughly the order of the film; going back or far ahead costs a seek.

    `plane` selects what is read from a frame: its image, or its alpha.
    """

    def __init__(
        self,
        clip: Clip,
        analysis: FilmAnalysis,
        size: Size,
        device: torch.device | str = "cpu",
        kept: int = KEPT,
        plane: Callable[[ClipFrame, Size], Tensor] = ClipFrame.to_image,
    ) -> None:
        self._plane = plane
        self._clip, self._analysis, self._size, self._device, self._kept = clip, analysis, size, device, kept
        self._frames: Iterator[ClipFrame] = iter(())
        self._at: int | None = None
        self._images: OrderedDict[int, Image] = OrderedDict()

    def __call__(self, index: int) -> Image:
        """Return the clip's frame for a frame of the film.

        Raises: InputError: the clip cannot be read there.
        """
        source = self._analysis.frames[index].source
        if source not in self._images:
            self._images[source] = self._read(index, source)
            if len(self._images) > self._kept:
                self._images.popitem(last=False)
        self._images.move_to_end(source)
        return self._images[source]

    def _read(self, index: int, source: int) -> Image:
        if self._at is None or not self._at < index <= self._at + _SKIP:
            self._frames = self._clip.frames(source, self._size)
        self._at = index
        for frame in self._frames:
            if frame.pts == source:
                return self._plane(frame, self._size).to(self._device)
            if frame.pts > source:
                break
        raise InputError(f"{self._clip.info.path} has no frame at {source} any more: it was changed.")
