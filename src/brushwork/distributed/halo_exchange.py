"""Row ranges of the ranks, and rows exchanged between them: halos, their gradients, and redistribution.

Tensors are image-shaped; each rank holds a range of rows (the last axis but one).
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple, TypeAlias

from torch import Tensor

from brushwork.distributed.process_group import ProcessGroup
from brushwork.images.geometry import cut_evenly


class RowRange(NamedTuple):
    """Rows from `top` up to, but not including, `bottom`."""

    top: int
    bottom: int

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.bottom - self.top

    def intersect(self, other: RowRange) -> RowRange:
        """Return the rows that are in both ranges."""
        top = max(self.top, other.top)
        return RowRange(top, max(top, min(self.bottom, other.bottom)))

    def slice_in(self, outer: RowRange) -> slice:
        """Return the slice of these rows in a tensor that holds the rows of `outer`."""
        return slice(self.top - outer.top, self.bottom - outer.top)


RowRanges: TypeAlias = tuple[RowRange, ...]
"""The rows of each rank, in order, without overlap. Ranks without work have an empty range."""


def split_rows(height: int, ranks: int, stride: int, halo: int) -> RowRanges:
    """Split the rows of an image over the ranks, as evenly as multiples of `stride` allow.

    No rank has fewer than `halo` rows, or it would compute more for its neighbors than for itself. If the image is too
    small for that, the last ranks get none. The last range with rows also has the remainder of the stride.
    """
    positions = max(1, height // stride)
    working = max(1, min(ranks, positions, height // max(1, halo)))
    cuts = cut_evenly(positions, working, stride, height)
    dealt = [RowRange(top, bottom) for top, bottom in pairwise(cuts)]
    return tuple(dealt + [RowRange(height, height)] * (ranks - working))


def all_on_first(height: int, ranks: int) -> RowRanges:
    """Return the split that gives all rows to rank 0."""
    return (RowRange(0, height), *[RowRange(height, height)] * (ranks - 1))


def exchange_rows(part: Tensor, have: RowRanges, want: RowRanges, group: ProcessGroup) -> Tensor:
    """Return the rows that this rank requests, of a full tensor whose rows are spread over the ranks.

    `have` covers the requested rows without overlap; `want` may overlap, as ranges with halos do.
    """
    mine, requested = have[group.rank], want[group.rank]
    moved = part.new_empty(*part.shape[:-2], requested.height, part.shape[-1])
    here = mine.intersect(requested)
    moved[..., here.slice_in(requested), :] = part[..., here.slice_in(mine), :]
    shares = {rank: mine.intersect(want[rank]) for rank in _others(group)}
    arriving = {rank: have[rank].intersect(requested) for rank in _others(group)}
    parcels = {rank: part[..., rows.slice_in(mine), :].contiguous() for rank, rows in shares.items() if rows.height}
    buffers = {rank: _allocate(part, rows.height) for rank, rows in arriving.items() if rows.height}
    group.exchange(parcels, buffers)
    for rank, memory in buffers.items():
        moved[..., arriving[rank].slice_in(requested), :] = memory
    return moved


def reduce_rows(part: Tensor, want: RowRanges, have: RowRanges, group: ProcessGroup) -> Tensor:
    """Return the sum of what all ranks hold for the rows of this one: the adjoint of `exchange_rows`."""
    mine, held = have[group.rank], want[group.rank]
    shares = {rank: have[rank].intersect(held) for rank in _others(group)}
    arriving = {rank: want[rank].intersect(mine) for rank in _others(group)}
    parcels = {rank: part[..., rows.slice_in(held), :].contiguous() for rank, rows in shares.items() if rows.height}
    buffers = {rank: _allocate(part, rows.height) for rank, rows in arriving.items() if rows.height}
    group.exchange(parcels, buffers)
    folded = part.new_zeros(*part.shape[:-2], mine.height, part.shape[-1])
    here = mine.intersect(held)
    folded[..., here.slice_in(mine), :] = part[..., here.slice_in(held), :]
    for rank, memory in buffers.items():
        folded[..., arriving[rank].slice_in(mine), :] += memory
    return folded


def _others(group: ProcessGroup) -> list[int]:
    return [rank for rank in range(group.world_size) if rank != group.rank]


def _allocate(like: Tensor, height: int) -> Tensor:
    return like.new_empty(*like.shape[:-2], height, like.shape[-1])
