"""Bounds on every number of a point, and what they leave free."""

from __future__ import annotations

from math import inf
from typing import TypeAlias

import torch
from torch import Tensor

from brushwork.optim.reductions import Reductions

Bounds: TypeAlias = tuple[float, float]
"""The least and the greatest value that every number may take."""


ROUNDINGS = 4
"""How far a point may be from a bound that it was sent to: the sum point + (bound − point) rounds twice."""


def clamp(point: Tensor, bounds: Bounds | None) -> Tensor:
    """The nearest point inside the bounds. The tensor itself may be used for it."""
    return point if bounds is None else point.clamp_(*bounds)


def free_mask(point: Tensor, gradient: Tensor, bounds: Bounds) -> Tensor:
    """Where a step down the gradient does not run into a bound: 1 there, 0 elsewhere.

    What is a few roundings away from a bound was on its way to it, and is there.

    Source: Byrd, Lu, Nocedal & Zhu 1995: the complement is the active set at a point.
    """
    least, greatest = bounds
    slack = ROUNDINGS * torch.finfo(point.dtype).eps * max(abs(least), abs(greatest))
    held = (point <= least + slack) & (gradient > 0) | (point >= greatest - slack) & (gradient < 0)
    return held.logical_not_()


def max_step_within(point: Tensor, direction: Tensor, bounds: Bounds | None, reductions: Reductions) -> float:
    """The largest t for which point + t·direction keeps the bounds."""
    if bounds is None:
        return inf
    ahead = torch.where(direction > 0, bounds[1] - point, bounds[0] - point)
    lengths = (ahead / direction).nan_to_num_(nan=inf, posinf=inf, neginf=inf)
    return -reductions.max(lengths.neg_())
