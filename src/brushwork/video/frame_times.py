"""Seconds per frame, extrapolated from a trial."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from brushwork.video.analysis import Shot
from brushwork.video.feedforward_painter import SAMPLES
from brushwork.video.trial import TrialFrame, TrialStep


class FrameTimes(NamedTuple):
    """Seconds that each kind of frame takes."""

    first: float
    """For the first frame of a shot, its statistics included."""
    later: float
    """For another frame painted by itself."""
    carried: float = 0.0
    """For a frame between key frames."""


def one_pass_times(shots: Sequence[Shot], times: Sequence[TrialFrame]) -> FrameTimes:
    """Return the times of frames painted in one pass; the trial measured the statistics of its own frames."""
    samples = sum(min(SAMPLES, shot.end - shot.first) for shot in shots) / len(shots)
    later = times[-1].seconds
    return FrameTimes(later + times[0].beginning / len(times) * samples, later)


def optimized_times(first: Sequence[int], later: int, times: Sequence[TrialFrame]) -> FrameTimes:
    """Return the times of optimized frames.

    `first` are the iterations of a shot's first frame at each size, `later` the maximum for another frame, which may
    end earlier. With key frames, the second frame of the trial also paints the key frame after it, so the time of the
    third frame is subtracted.
    """
    between = next((one.seconds for one in times[1:] if not one.steps), 0.0)
    initial = _scale(times[0], first)
    return FrameTimes(initial, _scale(times[1], [later]) - between if len(times) > 1 else initial, between)


def _scale(frame: TrialFrame, iterations: Sequence[int]) -> float:
    """Return the seconds of a frame with other iterations at each level; only the time in iterations is scaled."""
    seconds = frame.seconds
    for level, wanted in enumerate(iterations):
        own = _split([step for step in frame.steps if step.level == level])
        spent = sum(steps[-1].iteration for steps in own)
        seconds += _seconds_an_iteration(own) * (wanted * len(own) - spent)
    return seconds


def _split(steps: Sequence[TrialStep]) -> list[list[TrialStep]]:
    """Return the steps of each optimization, which begins where the iteration count restarts."""
    own: list[list[TrialStep]] = []
    for step in steps:
        if not own or step.iteration <= own[-1][-1].iteration:
            own.append([])
        own[-1].append(step)
    return own


def _seconds_an_iteration(own: Sequence[Sequence[TrialStep]]) -> float:
    """Return the median time of an iteration; the first one prepares its level and does not count."""
    pairs = [pair for steps in own for pair in pairwise(steps)]
    return median((b.time - a.time) / (b.iteration - a.iteration) for a, b in pairs) if pairs else 0.0
