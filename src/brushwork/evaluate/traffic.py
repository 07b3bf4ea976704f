"""Rows on their way from rank to rank: halos, gradients of halos, and pictures dealt out anew.

The tensors are pictures and what is shaped like them; each rank holds some rows (the last axis but one) of the whole.
"""

from __future__ import annotations

from torch import Tensor

from brushwork.evaluate.bands import RowRanges
from brushwork.evaluate.wire import ProcessGroup


def exchange_rows(part: Tensor, have: RowRanges, want: RowRanges, group: ProcessGroup) -> Tensor:
    """The rows that this rank wants, of a whole whose rows the ranks have.

    `have` covers what is wanted without overlap; `want` may overlap, as bands with their halos do.
    """
    mine, wanted = have[group.rank], want[group.rank]
    moved = part.new_empty(*part.shape[:-2], wanted.height, part.shape[-1])
    here = mine.intersect(wanted)
    moved[..., here.slice_in(wanted), :] = part[..., here.slice_in(mine), :]
    shares = {rank: mine.intersect(want[rank]) for rank in _others(group)}
    arriving = {rank: have[rank].intersect(wanted) for rank in _others(group)}
    parcels = {rank: part[..., rows.slice_in(mine), :].contiguous() for rank, rows in shares.items() if rows.height}
    rooms = {rank: _room(part, rows.height) for rank, rows in arriving.items() if rows.height}
    group.exchange(parcels, rooms)
    for rank, room in rooms.items():
        moved[..., arriving[rank].slice_in(wanted), :] = room
    return moved


def reduce_rows(part: Tensor, want: RowRanges, have: RowRanges, group: ProcessGroup) -> Tensor:
    """The adjoint of `exchange_rows`: all that the ranks hold about the rows of this one, added up."""
    mine, held = have[group.rank], want[group.rank]
    shares = {rank: have[rank].intersect(held) for rank in _others(group)}
    arriving = {rank: want[rank].intersect(mine) for rank in _others(group)}
    parcels = {rank: part[..., rows.slice_in(held), :].contiguous() for rank, rows in shares.items() if rows.height}
    rooms = {rank: _room(part, rows.height) for rank, rows in arriving.items() if rows.height}
    group.exchange(parcels, rooms)
    folded = part.new_zeros(*part.shape[:-2], mine.height, part.shape[-1])
    here = mine.intersect(held)
    folded[..., here.slice_in(mine), :] = part[..., here.slice_in(held), :]
    for rank, room in rooms.items():
        folded[..., arriving[rank].slice_in(mine), :] += room
    return folded


def _others(group: ProcessGroup) -> list[int]:
    return [rank for rank in range(group.world_size) if rank != group.rank]


def _room(like: Tensor, height: int) -> Tensor:
    return like.new_empty(*like.shape[:-2], height, like.shape[-1])
