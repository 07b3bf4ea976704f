"""Find the cuts of a clip, but not its flashes, fades or pans."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import product
from math import inf
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from brushwork.images.geometry import Size
from brushwork.video.opencv_threads import on_one_thread
from brushwork.video.optional_imports import import_video

SMALL = Size(90, 160)
"""Approximate size at which frames are compared."""

MIN_SHOT = 5
"""Minimum number of frames in a shot."""

_BINS = 32
_CONTENT, _ADAPTIVE, _WINDOW = 27.0, 3.0, 15
"""Minimum mean HSV difference at a cut, its minimum ratio to the median of earlier differences, and their number.
Source: PySceneDetect."""
_SPIKE, _SPIKE_HISTOGRAMS = 2.0, 0.05
"""Ratio of a cut's difference to the medians before and after it, and the χ² distance that is then enough: where the
frames before and after change that much less, a smaller color difference suffices, since fast motion would go on.
"""
_SMALL = _CONTENT / 3
"""Mean HSV difference below which frames are alike, whatever moves."""
_HISTOGRAMS, _SUDDEN_HISTOGRAMS = 0.2, 0.1
"""χ² distances of HSV histograms above which frames differ: in general, and where their mean difference stands out.
That also happens where something begins to move fast, but then the colors stay the same.
"""
_RELIABLE = 0.35
"""Share of reliable flow below which one frame is not a moved version of the other."""
_ALIKE_FLOW = 0.5
"""Share of reliable flow above which two frames show the same scene."""
_AROUND = 4
"""Frames before and after a cut that must not be alike; a flash is shorter."""


class _View(NamedTuple):
    """A small frame, prepared for comparison."""

    gray: NDArray[Any]
    hsv: NDArray[Any]
    histogram: NDArray[Any]


class _Candidate(NamedTuple):
    """A possible cut, to be decided when the frames after it are seen."""

    first: int
    """Index of the first frame after it."""
    calm: float
    """Maximum median difference of the frames after it."""


def find_cuts(frames: Iterable[NDArray[Any]]) -> Iterator[int]:
    """Yield the index of the first frame of each shot except the first; `frames` are 8-bit sRGB, all of one size.

    At a cut, the flow is not reliable, and either the colors differ, or the difference stands out from those before, or
    from those before and after; or the difference stands out far. Also, no frame shortly before a cut is like one
    shortly after it, as around a flash.
    """
    views: deque[_View] = deque(maxlen=2 * _AROUND)
    past: deque[float] = deque([0.0], maxlen=_WINDOW)
    candidates: list[_Candidate] = []
    start, count = 0, 0
    for count, levels in enumerate(frames, start=1):
        views.append(_view(levels))
        if len(views) > 1:
            difference = _difference(views[-2], views[-1])
            if calm := _calm_after(views[-2], views[-1], difference, median(past)):
                candidates.append(_Candidate(count - 1, calm))
            past.append(difference)
        if candidates and candidates[0].first == count - _AROUND:
            first, calm = candidates.pop(0)
            if first - start >= MIN_SHOT and _is_cut(views, len(views) - _AROUND, calm):
                yield first
                start = first
    for first, calm in candidates:
        enough = first - start >= MIN_SHOT and count - first >= MIN_SHOT - 1
        if enough and _is_cut(views, len(views) - (count - first), calm):
            yield first
            start = first


def _view(levels: NDArray[Any]) -> _View:
    cv2 = import_video("cv2")
    if levels.dtype != np.uint8:
        levels = (levels >> 8).astype(np.uint8)
    height = SMALL.height
    width = max(1, round(levels.shape[1] * height / levels.shape[0]))
    small = cv2.resize(np.ascontiguousarray(levels), (width, height), interpolation=cv2.INTER_AREA)
    hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV)
    limits = ((0, 180), (0, 256), (0, 256))
    histogram = np.stack([np.histogram(hsv[..., channel], _BINS, limit)[0] for channel, limit in enumerate(limits)]) / (
        height * width
    )
    return _View(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), hsv.astype(np.int16), histogram)


def _difference(one: _View, other: _View) -> float:
    """Return the mean absolute difference of hue, saturation and value; hue is a circle of 180.

    Hue and saturation count in proportion to the value, since they say nothing in the dark.
    """
    apart = np.abs(one.hsv - other.hsv).astype(np.float32)
    apart[..., 0] = np.minimum(apart[..., 0], 180 - apart[..., 0])
    apart[..., :2] *= np.maximum(one.hsv, other.hsv)[..., 2:] / np.float32(255)
    return float(apart.mean())


def _chi_square(one: _View, other: _View) -> float:
    """Return the mean of ½ Σ (a − b)²/(a + b) over the channels: 0 for equal histograms, 1 for disjoint ones."""
    both = one.histogram + other.histogram
    apart = (one.histogram - other.histogram) ** 2
    return float(np.divide(apart, both, out=np.zeros_like(both), where=both > 0).sum() / 2 / len(both))


def _calm_after(one: _View, other: _View, difference: float, usual: float) -> float:
    """Return how much the frames after a cut between two frames may differ; 0: there is no cut."""
    stands_out = difference > _ADAPTIVE * usual
    if stands_out and difference > _CONTENT:
        return 0.0 if _is_alike(one, other) else inf
    apart = _chi_square(one, other)
    differs = apart > (_SUDDEN_HISTOGRAMS if stands_out else _HISTOGRAMS)
    is_spike = apart > _SPIKE_HISTOGRAMS and difference > _SPIKE * usual
    if difference <= _SMALL or not (differs or is_spike) or _reliable_share(one, other) >= _RELIABLE:
        return 0.0
    return inf if differs else difference / _SPIKE


def _reliable_share(one: _View, other: _View) -> float:
    """Return the share of pixels whose flow is consistent in both directions."""
    cv2 = import_video("cv2")
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    with on_one_thread():
        forward, backward = (dis.calc(a.gray, b.gray, None) for a, b in ((other, one), (one, other)))
    rows, columns = np.mgrid[: forward.shape[0], : forward.shape[1]].astype(np.float32)
    there = cv2.remap(backward, columns + forward[..., 0], rows + forward[..., 1], cv2.INTER_LINEAR, borderValue=1e3)
    limit = 0.01 * ((forward**2).sum(-1) + (there**2).sum(-1)) + 0.5
    return float((((forward + there) ** 2).sum(-1) < limit).mean())


def _is_cut(views: deque[_View], first: int, calm: float) -> bool:
    """Return whether the frames from an index on are calm and no frame before it is like one of them."""
    later = [_difference(views[place - 1], views[place]) for place in range(first + 1, len(views))]
    pairs = product(range(first), range(first, len(views)))
    return median(later) <= calm and not any(_is_alike(views[a], views[b]) for a, b in pairs if b - a > 1)


def _is_alike(one: _View, other: _View) -> bool:
    if _chi_square(one, other) >= _HISTOGRAMS:
        return False
    return _difference(one, other) < _SMALL or _reliable_share(one, other) > _ALIKE_FLOW
