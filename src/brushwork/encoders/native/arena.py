"""Memory arena for feature maps: memory freed by one evaluation is reused by the next.

The system hands out memory for large tensors page by page, which would take a tenth of an evaluation. Here tensors lie
side by side in one range of addresses, each at the lowest place where it fits. Resident memory is then hardly more than
the peak of the memory in use, whatever the sizes of the maps.
"""

from __future__ import annotations

import mmap
import sys
import threading
import weakref
from bisect import insort
from collections.abc import Sequence
from contextlib import suppress
from math import prod

import torch
from torch import Tensor

_SMALL = 2**20
"""Size in bytes below which torch's own allocator is used."""

_ADDRESSES = (2**40, 2**37, 2**35)
"""Candidate sizes of the range in bytes; the first one that the system allows is used.

Addresses cost nothing: only pages that have been written take memory.
"""

_PATIENCE = 300
"""Number of allocations (a few evaluations) between two checks for unneeded memory.

Memory that has not been needed since the last check is returned to the system.
"""

_NO_RESERVE = 0x4000
"""Linux's MAP_NORESERVE, which Python's mmap module does not define."""


class Arena:
    """A range of addresses, parts of which are allocated."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a part may be freed while another one is being allocated
        self._range = _reserve()
        self._base = 0 if self._range is None else torch.frombuffer(self._range, dtype=torch.uint8, count=1).data_ptr()
        self._taken: list[tuple[int, int]] = []
        self._asked = 0
        self._touched = self._needed = 0

    @property
    def size(self) -> int:
        """Number of bytes that may be resident: everything up to the highest byte used."""
        return self._touched

    def allocate(self, shape: Sequence[int], dtype: torch.dtype) -> Tensor | None:
        """Return an uninitialized tensor, whose memory is freed with its last reference; None: not enough memory.

        It lies in the lowest free range that is large enough.
        """
        count = prod(shape)
        length = -(-count * dtype.itemsize // mmap.PAGESIZE) * mmap.PAGESIZE
        with self._lock:
            start = self._gap(length)
            if self._range is None or start + length > len(self._range):
                return None
            insort(self._taken, (start, length))
            self._touch(start + length)
            part = memoryview(self._range)[start : start + length]
        weakref.finalize(part, self._free, (start, length)).atexit = False
        return torch.frombuffer(part, dtype=dtype, count=count).view(*shape)

    def holds(self, tensor: Tensor) -> bool:
        """Return whether a tensor's memory belongs to this arena."""
        return self._range is not None and 0 <= tensor.data_ptr() - self._base < self._touched

    def trim(self, above: int = 0) -> None:
        """Return free memory above an address to the system."""
        with self._lock:
            end = self._touched
            for start, length in reversed(self._taken):
                self._drop(max(above, start + length), end)
                end = min(end, start)
            self._drop(above, end)
            self._touched = max(sum(self._taken[-1]) if self._taken else 0, min(above, self._touched))

    def _gap(self, length: int) -> int:
        """Return the lowest offset with `length` free bytes."""
        here = 0
        for start, taken in self._taken:
            if start - here >= length:
                return here
            here = start + taken
        return here

    def _touch(self, end: int) -> None:
        self._touched, self._needed = max(self._touched, end), max(self._needed, end)
        self._asked += 1
        if self._asked % _PATIENCE == 0:
            self.trim(self._needed)
            self._needed = sum(self._taken[-1])

    def _drop(self, start: int, end: int) -> None:
        if self._range is not None and start < end:
            self._range.madvise(mmap.MADV_DONTNEED, start, end - start)

    def _free(self, part: tuple[int, int]) -> None:
        with self._lock:
            self._taken.remove(part)


def _reserve() -> mmap.mmap | None:
    """Reserve a range of addresses; None: this system does not support it."""
    if sys.platform != "linux":
        return None
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE
    for size in _ADDRESSES:
        with suppress(OSError, OverflowError):
            found = mmap.mmap(-1, size, flags=flags)
            with suppress(OSError):
                found.madvise(mmap.MADV_HUGEPAGE)
            return found
    return None


TEMPORARY, PERSISTENT = Arena(), Arena()
"""Arenas for temporary and for persistent tensors of an evaluation.

In a single arena, tensors of one kind would leave gaps among those of the other.
"""


def allocate(
    like: Tensor, shape: Sequence[int], dtype: torch.dtype = torch.float32, *, is_persistent: bool = False
) -> Tensor:
    """Allocate memory for a map on the CPU, in an arena if it is large; on the meta device if `like` is there."""
    if like.is_meta or prod(shape) * dtype.itemsize < _SMALL:
        return like.new_empty(tuple(shape), dtype=dtype)
    found = (PERSISTENT if is_persistent else TEMPORARY).allocate(shape, dtype)
    return like.new_empty(tuple(shape), dtype=dtype) if found is None else found


def copy_persistent(tensor: Tensor) -> Tensor:
    """Return a copy in the arena of persistent tensors."""
    return allocate(tensor, tensor.shape, tensor.dtype, is_persistent=True).copy_(tensor)


def is_in_arena(tensor: Tensor) -> bool:
    """Return whether a tensor's memory belongs to an arena."""
    return TEMPORARY.holds(tensor) or PERSISTENT.holds(tensor)
