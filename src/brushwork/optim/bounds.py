"""Bounds on every entry of a point, and the entries they leave free."""

from __future__ import annotations

from math import inf
from typing import TypeAlias

import torch
from torch import Tensor

from brushwork.optim.reductions import Reductions

Bounds: TypeAlias = tuple[float, float]
"""Lower and upper bound of every entry."""


ROUNDINGS = 4
"""Distance, in roundings, at which an entry counts as being on a bound: point + (bound − point) rounds twice."""


def clamp(point: Tensor, bounds: Bounds | None) -> Tensor:
    """Return the nearest point inside the bounds. The tensor may be clamped in place."""
    return point if bounds is None else point.clamp_(*bounds)


def free_mask(point: Tensor, gradient: Tensor, bounds: Bounds) -> Tensor:
    """Return a mask of the entries that a step along the negative gradient can change: 1 there, 0 elsewhere.

    The other entries are at a bound that the step would cross. An entry within a few roundings of a bound counts as
    being on it.

    Source: Byrd, Lu, Nocedal & Zhu 1995; the complement is the active set at a point.
    """
    least, greatest = bounds
    slack = ROUNDINGS * torch.finfo(point.dtype).eps * max(abs(least), abs(greatest))
    held = (point <= least + slack) & (gradient > 0) | (point >= greatest - slack) & (gradient < 0)
    return held.logical_not_()


def max_step_within(point: Tensor, direction: Tensor, bounds: Bounds | None, reductions: Reductions) -> float:
    """Return the largest t for which point + t·direction stays within the bounds."""
    if bounds is None:
        return inf
    ahead = torch.where(direction > 0, bounds[1] - point, bounds[0] - point)
    lengths = (ahead / direction).nan_to_num_(nan=inf, posinf=inf, neginf=inf)
    return -reductions.max(lengths.neg_())
