"""Paint the frames of a shot in one pass each, with fixed statistics, an aligned grid, and a temporal filter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor

from brushwork.controls.color import apply_colors, prepare_colors
from brushwork.feedforward.fixed_statistics import (
    FrameStatistics,
    FrameStylizer,
    average_statistics,
    blend_frame_statistics,
)
from brushwork.images.warp import warp
from brushwork.options.groups import ColorOptions
from brushwork.types import Image
from brushwork.video.analysis import Shot
from brushwork.video.frame_painter import Painted, ReadFrame
from brushwork.video.frame_store import StoredFrame
from brushwork.video.grid_alignment import dominant_motion, on_aligned_grid
from brushwork.video.optical_flow import FlowPair, FlowSource
from brushwork.video.options import FilmOptions
from brushwork.video.temporal_filter import change_along_flow, filter_frame, pair_weight, still_weight

SAMPLES = 16
"""Maximum number of frames on which a shot's statistics are measured."""
_WINDOW = 24
"""Number of frames from one measured window to the next."""
_NOISE = 0.03
"""Standard deviation of the differences along the flow that count as film noise."""
_MEMORY, _STILL_MEMORY = 0.5, 0.9
"""Weight of the past in noise removal, where the clip moves and where it is still."""


@dataclass
class FeedForwardPainter:
    """Paints each frame in one pass."""

    frames: ReadFrame
    samples: ReadFrame
    """Reads frames for the statistics of a shot, independently of the order of painting."""
    stylizer: FrameStylizer
    flow: FlowSource
    colors: ColorOptions
    options: FilmOptions
    history: int = 1
    _shot: Shot = field(default_factory=lambda: Shot(0, 0))
    _measured: dict[int, FrameStatistics] = field(default_factory=dict)
    """Statistics by frame of the film: one entry for the whole shot, or one per window."""

    def begin_shot(self, shot: Shot) -> None:
        """Measure the statistics of a shot; see `FramePainter`."""
        self._shot, self._measured = shot, {}
        if self.options.statistics == "shot":
            length = shot.end - shot.first
            count = min(SAMPLES, length)
            places = [shot.first + (2 * number + 1) * length // (2 * count) for number in range(count)]
            self._measured[shot.first] = average_statistics(
                [self.stylizer.measure(self.samples(one)) for one in places]
            )

    def paint(self, index: int, stored: Callable[[int], StoredFrame]) -> Painted:
        """Return a frame of the current shot; see `FramePainter`."""
        own = self.frames(index)
        if index == self._shot.first:
            state = {"motion": torch.zeros(2, dtype=torch.float64), "input": own.half()}
            return Painted(self._stylize(index, own, own, state["motion"]), state)
        other, previous = self.frames(index - 1), stored(index - 1)
        if torch.equal(own, other):
            return Painted(previous.image, previous.state, 1.0)
        pair = self.flow(own, other, (index, index - 1))
        motion = previous.state["motion"] + dominant_motion(pair)
        clean = self._denoise(own, previous.state["input"].to(own), pair).half()
        painted = self._stylize(index, own, clean.to(own), motion)
        image = filter_frame(painted, previous.image.to(own), own, other, pair, self.options.consistency)
        return Painted(image, {"motion": motion, "input": clean.cpu()}, float(pair.reliability.mean()))

    def _stylize(self, index: int, own: Image, clean: Image, motion: Tensor) -> Image:
        paint = partial(self.stylizer.stylize, statistics=self._statistics(index))
        stride = self.stylizer.stride if self.options.align else 1
        content, _ = prepare_colors(self.colors, clean, ())
        return apply_colors(self.colors, own, on_aligned_grid(paint, content, motion, stride)).clamp(0, 1)

    def _denoise(self, own: Image, before: Image, pair: FlowPair) -> Image:
        """Return I' = I + a·c·exp(−‖I − Ĩ'‖²/(2·0.03²))·(Ĩ' − I), with Ĩ' the previous I' along the flow.

        a is 0.5, and up to 0.9 where the clip is still: a longer memory removes more of the noise, but moving parts are
        resampled in each frame.
        """
        if not self.options.denoise:
            return own
        change = change_along_flow(own, before, pair)
        memory = _MEMORY + (_STILL_MEMORY - _MEMORY) * still_weight(change, pair)
        weight = memory * pair_weight(change, pair, _NOISE)
        return torch.lerp(own, warp(before, pair.flow, "bicubic").clamp_(0, 1), weight)

    def _statistics(self, index: int) -> FrameStatistics:
        """Return the statistics for a frame: its shot's, those between two windows, or none, for the frame's own."""
        if self.options.statistics == "frame":
            return ()
        if self.options.statistics == "shot":
            return self._measured[self._shot.first]
        before = index - (index - self._shot.first) % _WINDOW
        after = min(before + _WINDOW, self._shot.end - 1)
        if after <= before:
            return self._window(before)
        part = (index - before) / (after - before)
        return blend_frame_statistics([self._window(before), self._window(after)], [1 - part, part])

    def _window(self, index: int) -> FrameStatistics:
        if index not in self._measured:
            self._measured = {one: kept for one, kept in self._measured.items() if one > index - 2 * _WINDOW}
            self._measured[index] = self.stylizer.measure(self.samples(index))
        return self._measured[index]
