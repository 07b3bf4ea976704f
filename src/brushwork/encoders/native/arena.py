"""Memory for maps that is used again: what a closure gave back, the next one takes.

Large tensors come from the system anew each time, page by page, which would take a tenth of a closure. Here they lie
side by side in one range of addresses, as low as they fit: what is resident is hardly more than what is in use at the
peak, whatever the sizes of the maps.
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
"""Bytes below which torch's own memory is as good."""

_ADDRESSES = (2**40, 2**37, 2**35)
"""Bytes of the range, the first that the system allows. Addresses cost nothing: only what is written takes memory."""

_PATIENCE = 300
"""After so many askings, some closures, memory that was not needed meanwhile is given back."""

_NO_RESERVE = 0x4000
"""MAP_NORESERVE of Linux, which Python's module does not name."""


class Arena:
    """A range of addresses, parts of which are in use."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a part may come back while another one is being taken
        self._range = _reserved()
        self._base = 0 if self._range is None else torch.frombuffer(self._range, dtype=torch.uint8, count=1).data_ptr()
        self._taken: list[tuple[int, int]] = []
        self._asked = 0
        self._touched = self._needed = 0

    @property
    def size(self) -> int:
        """Bytes that may be resident: all up to the highest that were used."""
        return self._touched

    def allocate(self, shape: Sequence[int], dtype: torch.dtype) -> Tensor | None:
        """A tensor of any content, whose memory comes back by itself when nobody refers to it any more; None: no room.

        Its first bytes lie as low as there is room for all of them.
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
        weakref.finalize(part, self._come_back, (start, length)).atexit = False
        return torch.frombuffer(part, dtype=dtype, count=count).view(*shape)

    def holds(self, tensor: Tensor) -> bool:
        """Whether a tensor lies here."""
        return self._range is not None and 0 <= tensor.data_ptr() - self._base < self._touched

    def trim(self, above: int = 0) -> None:
        """Let the system have what is free above an address."""
        with self._lock:
            end = self._touched
            for start, length in reversed(self._taken):
                self._drop(max(above, start + length), end)
                end = min(end, start)
            self._drop(above, end)
            self._touched = max(sum(self._taken[-1]) if self._taken else 0, min(above, self._touched))

    def _gap(self, length: int) -> int:
        """The lowest place where so many bytes are free."""
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

    def _come_back(self, part: tuple[int, int]) -> None:
        with self._lock:
            self._taken.remove(part)


def _reserved() -> mmap.mmap | None:
    """A range of addresses; None: this system has no such thing."""
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


SHELF, STORE = Arena(), Arena()
"""For what a closure needs for a moment, and for what it keeps: mixed, the one would leave gaps between the other."""


def allocate(
    like: Tensor, shape: Sequence[int], dtype: torch.dtype = torch.float32, *, is_persistent: bool = False
) -> Tensor:
    """Memory for a map, on the device of another tensor: from a shelf, where it is large and on the processor."""
    if like.is_meta or prod(shape) * dtype.itemsize < _SMALL:
        return like.new_empty(tuple(shape), dtype=dtype)
    found = (STORE if is_persistent else SHELF).allocate(shape, dtype)
    return like.new_empty(tuple(shape), dtype=dtype) if found is None else found


def copy_persistent(tensor: Tensor) -> Tensor:
    """The same numbers, kept apart from what is needed for a moment only."""
    return allocate(tensor, tensor.shape, tensor.dtype, is_persistent=True).copy_(tensor)


def is_in_arena(tensor: Tensor) -> bool:
    """Whether a tensor lies on a shelf."""
    return SHELF.holds(tensor) or STORE.holds(tensor)
