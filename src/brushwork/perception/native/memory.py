"""Memory for maps that is used again: what a closure gave back, the next one takes.

Large tensors come from the system anew each time, page by page, which would take a tenth of a closure; and what stays
in the heap between them makes the peak higher.
"""

from __future__ import annotations

import mmap
import sys
import threading
from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor

_SMALL = 2**20
"""Bytes below which torch's own memory is as good."""

_LARGER = 2.1
"""A piece may be larger than what is asked for, up to this."""

_PATIENCE = 300
"""After so many askings, some closures, a piece that nobody took is given back."""

_PRIVATE = getattr(mmap, "MAP_PRIVATE", 0) | getattr(mmap, "MAP_ANONYMOUS", 0)


class _Piece:
    def __init__(self, size: int, now: int) -> None:
        self.memory = mmap.mmap(-1, size, flags=_PRIVATE)
        if hasattr(mmap, "MADV_HUGEPAGE"):
            self.memory.madvise(mmap.MADV_HUGEPAGE)
        self.size, self.taken = size, now

    def is_free(self) -> bool:
        """Tensors refer to the memory that they lie in; here it is referred to by this object and by the question."""
        return sys.getrefcount(self.memory) == _NOBODY


_NOBODY = 2


class Shelf:
    """Pieces of memory, in use or not."""

    def __init__(self) -> None:
        self._pieces: list[_Piece] = []
        self._lock = threading.Lock()
        self._now = 0

    @property
    def size(self) -> int:
        """Bytes of all pieces."""
        return sum(piece.size for piece in self._pieces)

    def take(self, shape: Sequence[int], dtype: torch.dtype) -> Tensor:
        """A tensor of any content, whose memory comes back by itself when nobody refers to it any more."""
        count = prod(shape)
        size = -(-count * dtype.itemsize // mmap.PAGESIZE) * mmap.PAGESIZE
        with self._lock:
            self._now += 1
            free = [piece for piece in self._pieces if piece.is_free()]
            fitting = [piece for piece in free if size <= piece.size <= _LARGER * size]
            stale = {id(piece) for piece in free if self._now - piece.taken > _PATIENCE}
            self._pieces = [piece for piece in self._pieces if id(piece) not in stale]
            fitting = [piece for piece in fitting if id(piece) not in stale]
            if fitting:
                piece = min(fitting, key=lambda one: one.size)
            else:
                piece = _Piece(size, self._now)
                self._pieces.append(piece)
            piece.taken = self._now
            return torch.frombuffer(piece.memory, dtype=dtype, count=count).view(*shape)


SHELF = Shelf()


def room(like: Tensor, shape: Sequence[int], dtype: torch.dtype = torch.float32) -> Tensor:
    """Memory for a map, on the device of another tensor: from the shelf, where it is large and on the processor."""
    if like.is_meta or prod(shape) * dtype.itemsize < _SMALL:
        return like.new_empty(tuple(shape), dtype=dtype)
    return SHELF.take(shape, dtype)
