"""Some neighboring rows of a map, which come from above; those that were read are dropped."""

from __future__ import annotations

import torch
from torch import Tensor

from brushwork.perception.native.memory import room


class Belt:
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

    def grow(self, count: int) -> Tensor:
        """Room for the next rows, to be written by the caller."""
        held = self._held
        self._held = room(held, (len(held) + count, *held.shape[1:]), held.dtype)
        self._held[: len(held)] = held
        return self._held[len(held) :]

    def drop(self, before: int) -> None:
        """Forget the rows above one."""
        if before > self.top:
            self._held = self._held[before - self.top :]
            self.top = before

    def move(self) -> None:
        """Leave the memory where the rows were written to those who read them too."""
        self._held = self._held.clone()

    def rows(self, first: int, last: int) -> Tensor:
        """Some of the rows."""
        return self._held[first - self.top : last - self.top]
