"""Optimizer state sharded by rows over several ranks; rank 0 gathers it piece by piece to write a file."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from brushwork.distributed.halo_exchange import RowRanges, all_on_first, exchange_rows
from brushwork.distributed.process_group import ProcessGroup
from brushwork.types import State

IMAGE_AXES = 4
"""Tensors with this many axes are image-shaped and sharded by rows; all others are the same on every rank."""

_STOP = -1


class GatheredState(dict[str, Tensor]):
    """The state on rank 0, which can read the full state while the other ranks run `serve_state`."""

    def __init__(self, state: State, bands: RowRanges, group: ProcessGroup) -> None:
        super().__init__(state)
        self._bands, self._group = bands, group
        self._names = sorted(state)

    def planes(self, name: str) -> Iterator[Tensor]:
        """Yield the full tensor of an entry piece by piece, in the order of a file."""
        mine = self[name]
        if mine.ndim != IMAGE_AXES:
            yield mine
            return
        for plane, rows in enumerate(mine.flatten(0, -3)):
            yield rows
            for rank in range(1, self._group.world_size):
                if self._bands[rank].height:
                    self._group.send(torch.tensor([self._names.index(name), plane]), rank)
                    yield self._group.receive(rows.new_empty(self._bands[rank].height, rows.shape[-1]), rank)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of the full tensor of an entry."""
        shape = self[name].shape
        return (*shape[:-2], self._bands[-1].bottom, shape[-1]) if len(shape) == IMAGE_AXES else tuple(shape)

    def gather(self, name: str) -> Tensor:
        """Return the full tensor of an entry."""
        return torch.cat([plane.cpu().reshape(-1) for plane in self.planes(name)]).view(self.shape(name))

    def close(self) -> None:
        """End `serve_state` on the other ranks."""
        for rank in range(1, self._group.world_size):
            self._group.send(torch.tensor([_STOP, 0]), rank)


def serve_state(state: State, group: ProcessGroup) -> None:
    """Send rank 0 the rows it requests until it closes; runs on the other ranks."""
    names = sorted(state)
    while True:
        index, plane = group.receive(torch.zeros(2, dtype=torch.int64), 0).tolist()
        if index == _STOP:
            return
        group.send(state[names[index]].flatten(0, -3)[plane], 0)


def scatter_state(state: State | None, height: int, bands: RowRanges, group: ProcessGroup) -> State:
    """Return this rank's shard of the state on rank 0, whose images have `height` rows.

    Entries are sent one at a time.
    """
    received = group.broadcast(None if state is None else {name: _describe(value) for name, value in state.items()})
    dealt: State = {}
    for name, entry in (received or {}).items():
        if isinstance(entry, Tensor):
            dealt[name] = entry
            continue
        (*lead, width), dtype = entry
        nothing = torch.empty(*lead, 0, width, dtype=dtype)
        mine = nothing if state is None else state[name]
        dealt[name] = exchange_rows(mine, all_on_first(height, group.world_size), bands, group)
    return dealt


def _describe(value: Tensor) -> Tensor | tuple[tuple[int, ...], torch.dtype]:
    """Return replicated tensors as they are; for image-shaped ones, the shape without the rows, and the dtype."""
    return ((*value.shape[:-2], value.shape[-1]), value.dtype) if value.ndim == IMAGE_AXES else value
