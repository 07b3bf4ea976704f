"""Bands: the rows of a picture, dealt to the processes that paint it together."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple, Self, TypeAlias


class Rows(NamedTuple):
    """Rows `top` up to, but not including, `bottom`."""

    top: int
    bottom: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def grown(self, reach: int, height: int) -> Self:
        """With `reach` more rows on both sides, as far as a picture of that height goes. Nothing stays nothing."""
        if not self.height:
            return self
        return type(self)(max(0, self.top - reach), min(height, self.bottom + reach))

    def shared(self, other: Rows) -> Rows:
        """The rows that are in both."""
        top = max(self.top, other.top)
        return Rows(top, max(top, min(self.bottom, other.bottom)))

    def inside(self, outer: Rows) -> slice:
        """Where these rows are in a tensor that holds the outer ones."""
        return slice(self.top - outer.top, self.bottom - outer.top)


Bands: TypeAlias = tuple[Rows, ...]
"""The rows of each rank, in order, without overlap. Ranks without work have none."""


def bands(height: int, ranks: int, stride: int, halo: int) -> Bands:
    """Deal the rows of a picture out, as evenly as multiples of `stride` allow.

    No band has less than `halo` rows: it would compute more for its neighbors than for itself. Where the picture is
    too small for that, the last ranks go without, and the last band with rows has the remainder of the stride.
    """
    cells = max(1, height // stride)
    working = max(1, min(ranks, cells, height // max(1, halo)))
    cuts = [cells * index // working * stride for index in range(working)] + [height]
    dealt = [Rows(top, bottom) for top, bottom in pairwise(cuts)]
    return tuple(dealt + [Rows(height, height)] * (ranks - working))


def at_first(height: int, ranks: int) -> Bands:
    """Everything with rank 0."""
    return (Rows(0, height), *[Rows(height, height)] * (ranks - 1))
