"""Line search for the strong Wolfe conditions: sufficient decrease, and a small slope.

    φ(t) ≤ φ(0) + c₁ t φ'(0)        |φ'(t)| ≤ c₂ |φ'(0)|

Source: Nocedal & Wright, Numerical Optimization, 2nd edition, algorithms 3.5 and 3.6 and equation 3.59.
Differs: the two phases of the textbook's algorithm, bracketing and zooming, are one loop over an interval from the
lowest trial (`low`) to one beyond a minimum (`high`, unknown at first). Where the loss changes by less than its
rounding error, the slope alone decides, as in Hager & Zhang 2005, equation 4.1.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite, sqrt
from typing import NamedTuple

from brushwork.optim.optimizer import StepResult

DECREASE = 1e-4
"""c₁, the textbook's value for quasi-Newton methods (p. 62)."""
CURVATURE = 0.9
"""c₂, from the same page."""
GROWTH = (1.1, 10.0)
"""Smallest and largest factor from one trial to the next while there is no upper bracket.

The textbook leaves them open.
"""
MARGIN = 0.1
"""Smallest distance of a trial from the interval's ends, as a fraction of it, so that the interval shrinks."""


class LineSearchTrial(NamedTuple):
    """φ and φ' at a step length, and the evaluation there."""

    length: float
    loss: float
    slope: float
    result: StepResult | None = None

    @property
    def is_finite(self) -> bool:
        return isfinite(self.loss) and isfinite(self.slope)


def search_wolfe(
    attempt: Callable[[float], LineSearchTrial],
    start: LineSearchTrial,
    length: float,
    limit: int,
    *,
    longest: float,
    noise: float,
) -> LineSearchTrial:
    """Return the first trial that satisfies both conditions.

    After `limit` trials, or at the `longest` length, return the lowest trial with sufficient decrease. If there is
    none, return `start`, or a trial that is not finite if there was no other. `noise` is a loss's rounding error.
    """
    before, low, high = start, start, None
    trial = start
    for _ in range(limit):
        trial = attempt(length)
        if _too_high(trial, low, start, noise):
            high = trial._replace(result=None)
        elif abs(trial.slope) <= -CURVATURE * start.slope:
            return trial
        else:
            if trial.slope * (1 if high is None else high.length - low.length) >= 0:
                high = low._replace(result=None)
            before, low = low._replace(result=None), trial
        if high is None and low.length >= longest:
            break
        if high is not None and abs(high.length - low.length) * -start.slope <= noise:
            break
        length = _beyond(before, low, longest) if high is None else _between(low, high)
    return low if low is not start or trial.is_finite else trial


def _too_high(trial: LineSearchTrial, low: LineSearchTrial, start: LineSearchTrial, noise: float) -> bool:
    if not trial.is_finite:
        return True
    if trial.loss <= start.loss + DECREASE * trial.length * start.slope:
        return trial.loss > low.loss + noise
    hidden = abs(trial.loss - start.loss) <= noise
    return not (hidden and trial.slope <= (2 * DECREASE - 1) * start.slope)


def _beyond(before: LineSearchTrial, low: LineSearchTrial, longest: float) -> float:
    """Return a longer step: the minimum of the cubic, within limits."""
    shortest, farthest = (min(factor * low.length, longest) for factor in GROWTH)
    minimum = _cubic_minimum(before, low)
    return farthest if minimum is None or minimum < low.length else min(max(minimum, shortest), farthest)


def _between(low: LineSearchTrial, high: LineSearchTrial) -> float:
    """Return a step inside the interval; near its `low` end if `high` is not finite."""
    width = high.length - low.length
    fraction = MARGIN
    if high.is_finite:
        minimum = _cubic_minimum(low, high)
        fraction = 1 / 2 if minimum is None else min(max((minimum - low.length) / width, MARGIN), 1 - MARGIN)
    return low.length + fraction * width


def _cubic_minimum(a: LineSearchTrial, b: LineSearchTrial) -> float | None:
    """Return the minimum of the cubic through two trials' values and slopes (equation 3.59)."""
    if a.length == b.length:
        return None
    first = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.length - b.length)
    square = first * first - a.slope * b.slope
    if not 0 <= square < inf:
        return None
    second = sqrt(square) if b.length > a.length else -sqrt(square)
    below = b.slope - a.slope + 2 * second
    return b.length - (b.length - a.length) * (b.slope + second - first) / below if below else None
