"""Metrics of a stylized film: steadiness, and the likeness and sharpness that steadiness may cost.

The flow differs from that of the jobs: it is forward instead of backward, at full size, with its own check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import NamedTuple

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.images.warp import Flow
from brushwork.types import Image
from brushwork.video.analysis import analyze_whole
from brushwork.video.clip import Clip
from brushwork.video.film_metrics import PairMetrics
from brushwork.video.optical_flow import DisFlow, FlowSource
from brushwork.video.options import FrameSelection
from brushwork.video.pair_measures import (
    LongTerm,
    hidden_pixels,
    motion_difference,
    sharpness,
    stillness,
    warp_error,
)

LONG = 8
"""Distance in frames of the frames that long-term errors compare."""
_LIKENESS_EVERY = 8
"""Number of frames from one comparison by a network to the next."""

EVALUATION_FLOW = DisFlow("best", is_reduced=False)
"""The default optical flow of the evaluation."""

Distance = Callable[[Image, Image], float]
"""Perceptual distance between two images."""


class Frames(NamedTuple):
    """The same frame of the result, of the original, and of the film that the result is compared with."""

    own: Image
    film: Image
    against: Image | None


@torch.no_grad()
def evaluate_film(
    result: Clip,
    original: Clip,
    against: Clip | None = None,
    flow: FlowSource | None = None,
    distance: Distance | None = None,
) -> Iterator[PairMetrics]:
    """Yield the metrics of each frame and the next one of the same shot.

    `flow` replaces DIS as the optical flow; `distance` adds perceptual distances for every eighth frame.

    Raises: InputError: the films have different lengths.
    """
    size = result.info.size
    source = flow or EVALUATION_FLOW
    cuts = set(analyze_whole(original, FrameSelection()).cuts)
    walk: _Walk | None = None
    for number, frames in enumerate(_together(result, original, against, size)):
        if walk is None or number in cuts:
            walk = _Walk(number, frames, source, distance)
        else:
            yield walk.step(frames)


def _together(result: Clip, original: Clip, against: Clip | None, size: Size) -> Iterator[Frames]:
    others = (None for _ in iter(int, 1)) if against is None else against.frames()
    for own, film in zip_longest(result.frames(), original.frames(None, size)):
        if own is None or film is None:
            which = original if own is not None else result
            raise InputError(f"{which.info.path} is the shorter film: evaluate a result beside the film it is made of.")
        other = next(others, None)
        yield Frames(own.to_image(size), film.to_image(size), None if other is None else other.to_image(size))


class _Walk:
    """Walks through a shot and measures each frame and the next one."""

    def __init__(self, number: int, first: Frames, source: FlowSource, distance: Distance | None) -> None:
        self._before, self._source, self._distance = first, source, distance
        self._number = number
        self._anchor, self._first = LongTerm.of(first), LongTerm.of(first)

    def step(self, frames: Frames) -> PairMetrics:
        """Return the metrics of the previous frame and this one."""
        one, number = self._before, self._number
        pair = self._source(one.film, frames.film, (number, number + 1))
        hidden = hidden_pixels(pair.flow, pair.backward)
        own, film, against = (
            None if a is None or b is None else warp_error(a, b, pair.flow, hidden)
            for a, b in zip(one, frames, strict=True)
        )
        assert own is not None and film is not None
        seen = EVALUATION_FLOW(one.own, frames.own, (0, 0)).flow
        far, first = self._follow(pair.flow, hidden, frames)
        self._before, self._number = frames, number + 1
        return PairMetrics(
            frame=number,
            warp_error=own,
            film_warp_error=film,
            against_warp_error=against,
            long_warp_error=far[0],
            against_long_warp_error=far[2],
            first_warp_error=first[0],
            motion=motion_difference(seen, pair.flow),
            stillness=stillness(one.own, frames.own, (one.film, frames.film), pair.flow),
            sharpness=None if one.against is None else sharpness(one.own) / max(sharpness(one.against), 1e-12),
            brightness=float(one.own.mean()),
            **self._measure_perceived(one, frames, number),
        )

    def _follow(self, flow: Flow, hidden: Tensor, frames: Frames) -> tuple[list[float | None], list[float | None]]:
        """Return the errors against the frame eight earlier and against the first frame, for every eighth frame.

        When hardly anything of the first frame is visible any more, the current frame takes its place.
        """
        for one in (self._anchor, self._first):
            one.advance(flow, hidden)
        nothing: list[float | None] = [None] * len(frames)
        far = first = nothing
        if self._anchor.age == LONG:
            far = nothing if self._anchor.is_lost else self._anchor.errors(frames)
            first = nothing if self._first.is_lost else self._first.errors(frames)
            self._anchor = LongTerm.of(frames)
        if self._first.is_lost:
            self._first = LongTerm.of(frames)
        return far, first

    def _measure_perceived(self, one: Frames, other: Frames, number: int) -> dict[str, float | None]:
        distance = self._distance
        if distance is None or number % _LIKENESS_EVERY:
            return {"likeness": None, "content": None, "flicker": None}
        return {
            "likeness": None if one.against is None else distance(one.own, one.against),
            "content": distance(one.own, one.film),
            "flicker": abs(distance(one.own, other.own) - distance(one.film, other.film)),
        }
