"""The choice of a film's key frames: every N-th frame, and those that cannot be carried from their neighbors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

import torch

from brushwork.images.geometry import fit_size
from brushwork.images.occlusion import Reliability
from brushwork.video.analysis import FilmAnalysis, Shot, find_analysis
from brushwork.video.frame_reader import FrameReader
from brushwork.video.optical_flow import DisFlow, FlowSource, NoFlow
from brushwork.video.preparation import PreparedFilm

UncertainShares: TypeAlias = Callable[[int, int], Sequence[float]]
"""Returns, for each frame between two frames, the share of its pixels for which neither of the two can be trusted."""

_LIMIT = 0.08
"""Share of uncertain pixels above which a frame becomes a key frame itself."""
_LINES = 120
"""Maximum short side in pixels of the frames for the flow. For nine frames in ten, this is enough to tell on which side
of the limit they lie at full size, in a thirtieth of the time."""
_HELD = 64
"""Number of frames of that size held in memory."""


def add_keyframes(film: PreparedFilm, analysis: FilmAnalysis) -> Iterator[int | FilmAnalysis]:
    """Yield the number of frames seen from time to time, and finally the analysis with the film's key frames.

    They depend only on the clip and are found before painting, so they do not depend on which process paints what.
    """
    keyframes: list[int] = []
    if film.job.has_keyframes:
        shares = _measure_shares(film, analysis)
        for shot in analysis.shots:
            for key in choose_keyframes(shot, film.job.optimized.keyframes, shares):
                keyframes.append(key)
                yield key + 1
    yield replace(analysis, keyframes=tuple(keyframes))


def with_keyframes(film: PreparedFilm, analysis: FilmAnalysis) -> FilmAnalysis:
    """Return the analysis with the film's key frames; see `add_keyframes`."""
    return find_analysis(add_keyframes(film, analysis))


def choose_keyframes(shot: Shot, every: int, shares: UncertainShares) -> Iterator[int]:
    """Yield the key frames of a shot: every N-th frame, the last one, and the worst between two while it is too bad.

    Among equally bad frames, the one nearest the middle is chosen.
    """
    edges = [*range(shot.first, shot.end - 1, every), shot.end - 1]
    yield edges[0]
    pending = list(pairwise(edges))[::-1]
    while pending:
        before, after = pending.pop()
        between = zip(range(before + 1, after), shares(before, after), strict=True)
        share, _, worst = max(((s, -abs(before + after - 2 * one), one) for one, s in between), default=(0.0, 0, after))
        if share > _LIMIT:
            pending += [(worst, after), (before, worst)]
        else:
            yield after


def _measure_shares(film: PreparedFilm, analysis: FilmAnalysis) -> UncertainShares:
    """Return a function that measures the uncertain shares of a film's frames, by flow between small frames."""
    small = fit_size(film.size, min(_LINES, *film.size), measure="short")
    frames = FrameReader(film.clip, analysis, small, kept=_HELD)
    has_flow = film.job.film.flow != "none"
    flow: FlowSource = DisFlow("fast", film.job.optimized.reliability) if has_flow else NoFlow()

    @lru_cache(maxsize=4 * _HELD)
    def reliable(index: int, key: int) -> Reliability:
        return flow(frames(index), frames(key), (index, key)).reliability

    def measure(before: int, after: int) -> list[float]:
        for one in range(before, after + 1):  # in order, so that the clip is decoded only once
            frames(one)
        return [
            1 - float(torch.maximum(reliable(one, before), reliable(one, after)).mean())
            for one in range(before + 1, after)
        ]

    return measure
