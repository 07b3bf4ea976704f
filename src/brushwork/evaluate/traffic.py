"""Rows on their way from rank to rank: halos, gradients of halos, and pictures dealt out anew.

The tensors are pictures and what is shaped like them; each rank holds some rows (the last axis but one) of the whole.
"""

from __future__ import annotations

from torch import Tensor

from brushwork.evaluate.bands import Bands
from brushwork.evaluate.wire import Wire


def move(part: Tensor, have: Bands, want: Bands, wire: Wire) -> Tensor:
    """The rows that this rank wants, of a whole whose rows the ranks have.

    `have` covers what is wanted without overlap; `want` may overlap, as bands with their halos do.
    """
    mine, wanted = have[wire.rank], want[wire.rank]
    moved = part.new_empty(*part.shape[:-2], wanted.height, part.shape[-1])
    here = mine.shared(wanted)
    moved[..., here.inside(wanted), :] = part[..., here.inside(mine), :]
    shares = {rank: mine.shared(want[rank]) for rank in _others(wire)}
    arriving = {rank: have[rank].shared(wanted) for rank in _others(wire)}
    parcels = {rank: part[..., rows.inside(mine), :].contiguous() for rank, rows in shares.items() if rows.height}
    rooms = {rank: _room(part, rows.height) for rank, rows in arriving.items() if rows.height}
    wire.exchange(parcels, rooms)
    for rank, room in rooms.items():
        moved[..., arriving[rank].inside(wanted), :] = room
    return moved


def fold(part: Tensor, want: Bands, have: Bands, wire: Wire) -> Tensor:
    """The adjoint of `move`: all that the ranks hold about the rows of this one, added up."""
    mine, held = have[wire.rank], want[wire.rank]
    shares = {rank: have[rank].shared(held) for rank in _others(wire)}
    arriving = {rank: want[rank].shared(mine) for rank in _others(wire)}
    parcels = {rank: part[..., rows.inside(held), :].contiguous() for rank, rows in shares.items() if rows.height}
    rooms = {rank: _room(part, rows.height) for rank, rows in arriving.items() if rows.height}
    wire.exchange(parcels, rooms)
    folded = part.new_zeros(*part.shape[:-2], mine.height, part.shape[-1])
    here = mine.shared(held)
    folded[..., here.inside(mine), :] = part[..., here.inside(held), :]
    for rank, room in rooms.items():
        folded[..., arriving[rank].inside(mine), :] += room
    return folded


def _others(wire: Wire) -> list[int]:
    return [rank for rank in range(wire.count) if rank != wire.rank]


def _room(like: Tensor, height: int) -> Tensor:
    return like.new_empty(*like.shape[:-2], height, like.shape[-1])
