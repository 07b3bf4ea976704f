"""Clips as sequences of upright sRGB frames: decoded files, and folders of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.types import Image
from brushwork.video.clip_info import ClipInfo, open_container
from brushwork.video.color_conversion import to_rgb
from brushwork.video.optional_imports import import_video

_SEEKABLE = ("mov", "matroska")
"""Containers with reliable time stamps and index."""
_LEVELS = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0}
_QUARTER = 90


class ClipFrame(NamedTuple):
    """A frame of a clip, and its time."""

    pts: int
    """Presentation time, in ticks of the clip's time base."""
    levels: NDArray[Any]
    """sRGB, rows × columns × 3, in 8 or 16 bits."""
    alpha: NDArray[Any] | None = None
    """Rows × columns, with the same number of bits; None: opaque."""

    def to_image(self, size: Size) -> Image:
        """Return the frame as a float image of the given size."""
        image = torch.from_numpy(self.levels.astype(np.float32)).permute(2, 0, 1)[None].contiguous()
        return resize(image.div_(_LEVELS[self.levels.dtype]), size, clamp=True)

    def to_alpha(self, size: Size) -> Tensor:
        """Return the alpha as a float plane of the given size, (1, 1, h, w)."""
        if self.alpha is None:
            return torch.ones(1, 1, *size)
        plane = torch.from_numpy(self.alpha.astype(np.float32))[None, None] / _LEVELS[self.levels.dtype]
        return resize(plane, size, clamp=True)


class Clip(Protocol):
    """A clip that can be read from any frame on."""

    @property
    def info(self) -> ClipInfo:
        """Stream information of the clip."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The file of the clip, or the files of its pictures."""

    def frames(self, start: int | None = None, size: Size | None = None) -> Iterator[ClipFrame]:
        """Yield the frames from a presentation time on; None: all. `size` is about the size needed.

        Raises: InputError: the clip is damaged there.
        """


@dataclass(frozen=True)
class VideoClip:
    """A clip in a file."""

    info: ClipInfo

    @property
    def files(self) -> tuple[Path, ...]:
        """The file of the clip."""
        return (self.info.path,)

    def frames(self, start: int | None = None, size: Size | None = None) -> Iterator[ClipFrame]:
        """Yield the frames from a presentation time on; see `Clip`."""
        info = self.info
        scaled = _scale_size(info, size)
        for pts, decoded in self._decode(start):
            levels = np.rot90(to_rgb(decoded, info, scaled), info.rotation // _QUARTER)
            yield ClipFrame(pts, over_mean_color(levels), levels[..., 3]) if info.has_alpha else ClipFrame(pts, levels)

    def _decode(self, start: int | None) -> Iterator[tuple[int, Any]]:
        """Yield time stamps and decoded frames from the start on; decoding begins at the key frame before it."""
        with open_container(self.info.path, self.info.demuxer) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            sought = start is not None and self.info.demuxer in _SEEKABLE
            if sought:
                container.seek(start, stream=stream, backward=True, any_frame=False)
            frames = self._stamp(container, stream)
            first = next(frames, None)
            if sought and (first is None or first[0] > (start or 0)):  # the index is wrong: decode from the beginning
                yield from self._from(self._decode(None), start)
            elif first is not None:
                yield from self._from(chain([first], frames), start)

    @staticmethod
    def _from(frames: Iterator[tuple[int, Any]], start: int | None) -> Iterator[tuple[int, Any]]:
        return ((pts, frame) for pts, frame in frames if start is None or pts >= start)

    def _stamp(self, container: Any, stream: Any) -> Iterator[tuple[int, Any]]:
        """Yield decoded frames with their time stamps; those missing in the file follow from the rate."""
        damages = (import_video("av").FFmpegError, OSError, ValueError)
        step, last = max(1, round(1 / (self.info.rate * self.info.time_base))), None
        decoded = container.decode(stream)
        try:
            for frame in _deinterlace(decoded, stream) if self.info.is_interlaced else decoded:
                if frame.pts is None or (last is not None and frame.pts <= last):
                    last = 0 if last is None else last + step
                else:
                    last = frame.pts
                yield last, frame
        except damages as error:
            at = 0.0 if last is None else float(last * self.info.time_base)
            raise InputError(
                f"the film {self.info.path} is damaged after {at:.2f} seconds ({error}): "
                f"--end {at:.2f} paints what lies before."
            ) from error


def over_mean_color(levels: NDArray[Any]) -> NDArray[Any]:
    """Return a frame with alpha composited over the mean of its visible colors, which keeps hidden colors out."""
    white = _LEVELS[levels.dtype]
    alpha = levels[..., 3:].astype(np.float32) / white
    if alpha.min() >= 1:
        return levels[..., :3]
    color = levels[..., :3].astype(np.float32)
    mean = (color * alpha).sum((0, 1)) / max(float(alpha.sum()), 1.0)
    over: NDArray[Any] = np.rint(color * alpha + mean * (1 - alpha)).astype(levels.dtype)
    return over


def _scale_size(info: ClipInfo, size: Size | None) -> Size | None:
    """Return the output size for swscale: square pixels; for a much smaller picture, twice `size`, which is faster."""
    upright = info.size
    if size is not None and size.area * 16 <= upright.area:
        upright = Size(min(upright.height, 2 * size.height), min(upright.width, 2 * size.width))
    lying = Size(upright.width, upright.height) if info.rotation % 180 else upright
    return None if lying == info.coded_size else lying


def _deinterlace(frames: Iterator[Any], stream: Any) -> Iterator[Any]:
    """Yield one progressive frame for each interlaced one, made by the filter bwdif."""
    av = import_video("av")
    graph = av.filter.Graph()
    source = graph.add_buffer(template=stream)
    bwdif = graph.add("bwdif", "mode=send_frame")
    sink = graph.add("buffersink")
    source.link_to(bwdif)
    bwdif.link_to(sink)
    graph.configure()
    for frame in chain(frames, [None]):
        graph.vpush(frame)
        while True:
            try:
                yield graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                break
