"""Bands: the rows of a picture, dealt to the processes that paint it together."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple, Self, TypeAlias


class RowRange(NamedTuple):
    """Rows `top` up to, but not including, `bottom`."""

    top: int
    bottom: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def expand(self, halo: int, height: int) -> Self:
        """With `halo` more rows on both sides, as far as a picture of that height goes. Nothing stays nothing."""
        if not self.height:
            return self
        return type(self)(max(0, self.top - halo), min(height, self.bottom + halo))

    def intersect(self, other: RowRange) -> RowRange:
        """The rows that are in both."""
        top = max(self.top, other.top)
        return RowRange(top, max(top, min(self.bottom, other.bottom)))

    def slice_in(self, outer: RowRange) -> slice:
        """Where these rows are in a tensor that holds the outer ones."""
        return slice(self.top - outer.top, self.bottom - outer.top)


RowRanges: TypeAlias = tuple[RowRange, ...]
"""The rows of each rank, in order, without overlap. Ranks without work have none."""


def split_rows(height: int, ranks: int, stride: int, halo: int) -> RowRanges:
    """Deal the rows of a picture out, as evenly as multiples of `stride` allow.

    No band has less than `halo` rows: it would compute more for its neighbors than for itself. Where the picture is
    too small for that, the last ranks go without, and the last band with rows has the remainder of the stride.
    """
    positions = max(1, height // stride)
    working = max(1, min(ranks, positions, height // max(1, halo)))
    cuts = [positions * index // working * stride for index in range(working)] + [height]
    dealt = [RowRange(top, bottom) for top, bottom in pairwise(cuts)]
    return tuple(dealt + [RowRange(height, height)] * (ranks - working))


def all_on_first(height: int, ranks: int) -> RowRanges:
    """Everything with rank 0."""
    return (RowRange(0, height), *[RowRange(height, height)] * (ranks - 1))
