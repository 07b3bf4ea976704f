"""Some neighboring rows of a map, which come from above; those that were read are dropped."""

from __future__ import annotations

from collections import deque

import torch
from torch import Tensor

from brushwork.perception.native.memory import allocate


class RowBuffer:
    """Rows `top` to `bottom` of a map. They lie one after the other in memory."""

    def __init__(self, like: Tensor, row: tuple[int, int], dtype: torch.dtype = torch.float32) -> None:
        """`row`: columns, and the numbers of a cell."""
        self.top = 0
        self._held = like.new_empty((0, *row), dtype=dtype)

    @property
    def bottom(self) -> int:
        """The row below the last one."""
        return self.top + len(self._held)

    @property
    def all(self) -> Tensor:
        """What is held."""
        return self._held

    def allocate(self, count: int, at: int | None = None) -> Tensor:
        """Room for the next rows, to be written by the caller; where nothing is held, they may begin `at` any row."""
        held = self._held
        if at is not None and not len(held):
            self.top = at
        self._held = allocate(held, (len(held) + count, *held.shape[1:]), held.dtype)
        self._held[: len(held)] = held
        return self._held[len(held) :]

    def drop(self, before: int) -> None:
        """Forget the rows above one; their memory is taken until more rows come, or these are moved."""
        if before > self.top:
            self._held = self._held[before - self.top :]
            self.top = before

    def compact(self) -> None:
        """Leave the memory where the rows were written: it is free then, or its other reader's alone."""
        self._held = allocate(self._held, self._held.shape, self._held.dtype).copy_(self._held)

    def rows(self, first: int, last: int) -> Tensor:
        """Some of the rows."""
        return self._held[first - self.top : last - self.top]


class RowQueue:
    """Rows of a map that come in parts, each in its own memory."""

    def __init__(self) -> None:
        self._parts: deque[Tensor] = deque()
        self.bottom = 0
        """The row below the last one."""

    def put(self, rows: Tensor) -> None:
        """The next rows."""
        self._parts.append(rows)
        self.bottom += len(rows)

    def take(self, to: Tensor) -> None:
        """Copy as many rows from the top as there is room for; parts that were taken whole are let go of."""
        done = 0
        while done < len(to):
            part = self._parts.popleft()
            count = min(len(part), len(to) - done)
            to[done : done + count] = part[:count]
            done += count
            if count < len(part):
                self._parts.appendleft(part[count:])
