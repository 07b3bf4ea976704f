"""The analysis of a film: its frames, their times, and its cuts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from brushwork.errors import InputError
from brushwork.video.clip import Clip
from brushwork.video.cut_detection import SMALL, find_cuts
from brushwork.video.options import FrameSelection


class FrameTime(NamedTuple):
    """A frame of the result."""

    source: int
    """Presentation time of the source frame from which it is painted, in the source's ticks."""
    pts: int
    """Presentation time in ticks of the result."""


class Shot(NamedTuple):
    """Frames between two cuts."""

    first: int
    end: int
    """Index after the last frame."""


@dataclass(frozen=True)
class FilmAnalysis:
    """The frames of the result, its cuts, and its key frames."""

    time_base: Fraction
    """Duration of a tick of the result, in seconds."""
    frames: tuple[FrameTime, ...]
    cuts: tuple[int, ...]
    """Index of the first frame of each shot except the first."""
    shift: Fraction = Fraction(0)
    """Seconds by which all times were shifted."""
    keyframes: tuple[int, ...] = ()
    """Frames painted by themselves, from which the others are carried; none: all frames are."""

    @property
    def shots(self) -> list[Shot]:
        """The shots, in order."""
        edges = [0, *self.cuts, len(self.frames)]
        return [Shot(*pair) for pair in pairwise(edges)]

    def shot_of(self, index: int) -> Shot:
        """Return the shot of a frame."""
        return self.shots[bisect_right(self.cuts, index)]

    def to_json(self) -> dict[str, Any]:
        """Return the analysis as values for JSON."""
        return {
            "time_base": str(self.time_base),
            "frames": [list(frame) for frame in self.frames],
            "cuts": list(self.cuts),
            "shift": str(self.shift),
            "keys": list(self.keyframes),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> FilmAnalysis:
        """Return the analysis with these JSON values; the inverse of `to_json`."""
        frames = tuple(FrameTime(*pair) for pair in data["frames"])
        base, shift = Fraction(data["time_base"]), Fraction(data["shift"])
        return cls(base, frames, tuple(data["cuts"]), shift, tuple(data["keys"]))


def analyze_clip(clip: Clip, selection: FrameSelection, cuts: str = "auto") -> Iterator[int | FilmAnalysis]:
    """Yield the number of frames seen from time to time, and finally the analysis.

    `cuts` is auto, none, or a file that lists the first frame of each shot, counted from 0, one per line.

    Raises: InputError: no frame is left, or the clip is damaged.
    """
    times: list[int] = []
    seen: list[int] = []

    def watch() -> Iterator[Any]:
        for frame in _select(clip, selection):
            times.append(frame.pts)
            yield frame.levels

    frames = watch()
    if cuts == "auto":
        for cut in find_cuts(frames):
            seen.append(cut)
            yield len(times)
    else:
        for _ in frames:
            pass
        seen = [] if cuts == "none" else _read_cuts(Path(cuts), len(times))
    if not times:
        raise InputError(f"no frame of {clip.info.path} lies between --start and --end: the film is shorter.")
    yield _time(clip, selection, times, seen)


def analyze_whole(clip: Clip, selection: FrameSelection, cuts: str = "auto") -> FilmAnalysis:
    """Return the analysis; see `analyze_clip`."""
    return find_analysis(analyze_clip(clip, selection, cuts))


def find_analysis(found: Iterator[int | FilmAnalysis]) -> FilmAnalysis:
    """Return the analysis, which is the last value yielded."""
    return next(one for one in found if isinstance(one, FilmAnalysis))


def _select(clip: Clip, selection: FrameSelection) -> Iterator[Any]:
    base = clip.info.time_base
    start = None if selection.start is None else round(Fraction(selection.start) / base)
    for number, frame in enumerate(clip.frames(start, SMALL)):
        if selection.end is not None and frame.pts * base >= Fraction(selection.end):
            return
        if number % selection.every == 0:
            yield frame


def _time(clip: Clip, selection: FrameSelection, times: list[int], cuts: list[int]) -> FilmAnalysis:
    base = clip.info.time_base
    first = times[0] if selection.start is not None else min(0, times[0])
    if selection.rate is None:
        frames = tuple(FrameTime(one, one - first) for one in times)
        return FilmAnalysis(base, frames, tuple(cuts), -first * base)
    tick = 1 / Fraction(selection.rate)
    last = times[-1] - first + (times[-1] - times[-2] if len(times) > 1 else round(tick / base))
    chosen = [_nearest(times, first + round(number * tick / base)) for number in range(max(1, int(last * base / tick)))]
    moved = [next((place for place, one in enumerate(chosen) if one >= cut), len(chosen)) for cut in cuts]
    frames = tuple(FrameTime(times[one], number) for number, one in enumerate(chosen))
    return FilmAnalysis(tick, frames, tuple(sorted({one for one in moved if 0 < one < len(chosen)})), -first * base)


def _nearest(times: Sequence[int], wanted: int) -> int:
    """Return the index of the time nearest to the requested one."""
    after = min(bisect_right(times, wanted), len(times) - 1)
    return max(0, after - 1) if abs(times[after - 1] - wanted) <= abs(times[after] - wanted) else after


def _read_cuts(path: Path, count: int) -> list[int]:
    try:
        found = sorted({int(line) for line in path.read_text().split() if int(line) > 0})
    except (OSError, ValueError) as error:
        raise InputError(f"the cuts {path} cannot be read ({error}): give auto, none, or a number a line.") from error
    if found and found[-1] >= count:
        raise InputError(f"the cuts {path} name frame {found[-1]}, and the film has {count}: count from 0.")
    return found
