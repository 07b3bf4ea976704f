"""Rows of a map held in memory between two steps of the row pipeline."""

from __future__ import annotations

from collections import deque

import torch
from torch import Tensor

from brushwork.encoders.native.arena import allocate


class RowBuffer:
    """Rows `top` to `bottom` of a map, contiguous in memory."""

    def __init__(self, like: Tensor, row: tuple[int, int], dtype: torch.dtype = torch.float32) -> None:
        """Create an empty buffer; `row` is the number of columns, and of values per position."""
        self.top = 0
        self._held = like.new_empty((0, *row), dtype=dtype)

    @property
    def bottom(self) -> int:
        """End of the rows."""
        return self.top + len(self._held)

    @property
    def all(self) -> Tensor:
        """All rows in the buffer."""
        return self._held

    def allocate(self, count: int, at: int | None = None) -> Tensor:
        """Return memory for the next rows, which the caller writes; an empty buffer may start `at` any row."""
        held = self._held
        if at is not None and not len(held):
            self.top = at
        self._held = allocate(held, (len(held) + count, *held.shape[1:]), held.dtype)
        self._held[: len(held)] = held
        return self._held[len(held) :]

    def drop(self, before: int) -> None:
        """Drop the rows above `before`; their memory is freed when rows are added, or by `compact`."""
        if before > self.top:
            self._held = self._held[before - self.top :]
            self.top = before

    def compact(self) -> None:
        """Copy the rows to new memory, so that the old memory is freed, or left to its other reader."""
        self._held = allocate(self._held, self._held.shape, self._held.dtype).copy_(self._held)

    def rows(self, first: int, last: int) -> Tensor:
        """Return the rows from `first` to `last`."""
        return self._held[first - self.top : last - self.top]


class RowQueue:
    """Queue of a map's rows, which arrive in parts, each with its own memory."""

    def __init__(self) -> None:
        self._parts: deque[Tensor] = deque()
        self.bottom = 0
        """End of the rows added so far."""

    def put(self, rows: Tensor) -> None:
        """Append the next rows."""
        self._parts.append(rows)
        self.bottom += len(rows)

    def take(self, to: Tensor) -> None:
        """Fill `to` with the first rows, and free the parts that were moved completely."""
        done = 0
        while done < len(to):
            part = self._parts.popleft()
            count = min(len(part), len(to) - done)
            to[done : done + count] = part[:count]
            done += count
            if count < len(part):
                self._parts.appendleft(part[count:])
