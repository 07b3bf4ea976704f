"""Find the cuts of a film, and no flashes, fades or pans."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import product
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from brushwork.images.geometry import Size
from brushwork.video.extra import import_video

SMALL = Size(90, 160)
"""Frames are compared at about this size."""

MIN_SHOT = 5
"""Frames of the shortest shot."""

_BINS = 32
_CONTENT, _ADAPTIVE, _WINDOW = 27.0, 3.0, 15
"""Mean HSV difference of a cut, its ratio to the median of so many frames before. Source: PySceneDetect."""
_SMALL = _CONTENT / 3
"""Mean HSV difference of frames that are alike, whatever moves."""
_HISTOGRAMS, _SUDDEN_HISTOGRAMS = 0.2, 0.1
"""χ² distances of HSV histograms above which frames differ: by themselves, and where their difference stands out, as it
does where something begins to move fast, but then with the same colors.
"""
_RELIABLE = 0.35
"""Share of reliable flow below which nothing moved from one frame to the other."""
_ALIKE_FLOW = 0.5
"""Share of reliable flow above which two frames show the same scene."""
_AROUND = 4
"""Frames before and after a cut that must not be alike; a flash is shorter."""


class _View(NamedTuple):
    """A small frame, as it is compared."""

    gray: NDArray[Any]
    hsv: NDArray[Any]
    histogram: NDArray[Any]


def find_cuts(frames: Iterable[NDArray[Any]]) -> Iterator[int]:
    """Yield the index of the first frame of each shot but the first; `frames` are 8-bit sRGB, of one size.

    A cut is where the flow finds nothing again, and the colors differ or the difference stands out of those before, or
    where it stands out far; and no frame shortly before is like one shortly after, as around a flash.
    """
    views: deque[_View] = deque(maxlen=2 * _AROUND)
    past: deque[float] = deque([0.0], maxlen=_WINDOW)
    candidates: list[int] = []
    start, count = 0, 0
    for count, levels in enumerate(frames, start=1):
        views.append(_view(levels))
        if len(views) > 1:
            difference = _difference(views[-2], views[-1])
            if _is_candidate(views[-2], views[-1], difference, median(past)):
                candidates.append(count - 1)
            past.append(difference)
        if candidates and candidates[0] == count - _AROUND:
            first = candidates.pop(0)
            if first - start >= MIN_SHOT and _parts(views, len(views) - _AROUND):
                yield first
                start = first
    for first in candidates:
        enough = first - start >= MIN_SHOT and count - first >= MIN_SHOT - 1
        if enough and _parts(views, len(views) - (count - first)):
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

    Hue and saturation count in proportion to the value: in the dark they say nothing.
    """
    apart = np.abs(one.hsv - other.hsv).astype(np.float32)
    apart[..., 0] = np.minimum(apart[..., 0], 180 - apart[..., 0])
    apart[..., :2] *= np.maximum(one.hsv, other.hsv)[..., 2:] / np.float32(255)
    return float(apart.mean())


def _chi_square(one: _View, other: _View) -> float:
    """Return ½ Σ (a − b)²/(a + b), the mean of the channels: 0 for equal histograms, 1 for disjoint ones."""
    both = one.histogram + other.histogram
    apart = (one.histogram - other.histogram) ** 2
    return float(np.divide(apart, both, out=np.zeros_like(both), where=both > 0).sum() / 2 / len(both))


def _is_candidate(one: _View, other: _View, difference: float, usual: float) -> bool:
    stands_out = difference > _ADAPTIVE * usual
    if stands_out and difference > _CONTENT:
        return not _is_alike(one, other)
    differs = _chi_square(one, other) > (_SUDDEN_HISTOGRAMS if stands_out else _HISTOGRAMS)
    return differs and difference > _SMALL and _reliable_share(one, other) < _RELIABLE


def _reliable_share(one: _View, other: _View) -> float:
    """Return the share of pixels whose flow is consistent in both directions."""
    cv2 = import_video("cv2")
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    forward, backward = (dis.calc(a.gray, b.gray, None) for a, b in ((other, one), (one, other)))
    rows, columns = np.mgrid[: forward.shape[0], : forward.shape[1]].astype(np.float32)
    there = cv2.remap(backward, columns + forward[..., 0], rows + forward[..., 1], cv2.INTER_LINEAR, borderValue=1e3)
    limit = 0.01 * ((forward**2).sum(-1) + (there**2).sum(-1)) + 0.5
    return float((((forward + there) ** 2).sum(-1) < limit).mean())


def _parts(views: deque[_View], first: int) -> bool:
    """Return whether no frame before the index is like one from it on."""
    pairs = product(range(first), range(first, len(views)))
    return not any(_is_alike(views[a], views[b]) for a, b in pairs if b - a > 1)


def _is_alike(one: _View, other: _View) -> bool:
    if _chi_square(one, other) >= _HISTOGRAMS:
        return False
    return _difference(one, other) < _SMALL or _reliable_share(one, other) > _ALIKE_FLOW
