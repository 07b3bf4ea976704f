"""Memory-mapped tensors in unnamed temporary files, for data that does not fit in memory."""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from math import prod
from pathlib import Path
from weakref import WeakSet

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.storage.folders import temporary_place
from brushwork.units import format_gigabytes

LARGE = 2**28
"""Size in bytes at and above which a tensor is kept in a file."""

_MAPS: WeakSet[mmap.mmap] = WeakSet()


def empty_or_mapped(
    shape: Sequence[int], like: Tensor, large: float = LARGE, *, is_channels_last: bool = False
) -> Tensor:
    """Return an uninitialized tensor on the device of `like`; with `large` bytes or more, in a file on the CPU.

    On `meta`, such a tensor takes no memory. With `is_channels_last`, a feature map has its channels last in memory.

    Raises: InputError: the folder for temporary files has no space.
    """
    if is_channels_last:
        batch, channels, rows, columns = shape
        return empty_or_mapped((batch, rows, columns, channels), like, large).permute(0, 3, 1, 2)
    if prod(shape) * like.element_size() < large:
        return like.new_empty(*shape)
    if like.device.type == "meta":
        return like.new_empty(1).expand(*shape)
    return empty_mapped(shape, like.dtype)


def empty_mapped(shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """Return an uninitialized tensor in an unnamed temporary file, which vanishes with the tensor or the process.

    Raises: InputError: the folder for temporary files has no space, or there is none.
    """
    size = prod(shape) * dtype.itemsize
    number, name = tempfile.mkstemp(prefix="brushwork-", dir=temporary_place())
    try:
        _reserve(number, size)
        memory = mmap.mmap(number, size)
    finally:
        os.close(number)
        with suppress(OSError):  # Windows keeps files that are in use
            Path(name).unlink()
    _MAPS.add(memory)
    return torch.frombuffer(memory, dtype=dtype).view(*shape)


def drop_pages() -> None:
    """Free the memory of mapped files' pages; they are read again when they are accessed.

    The system would reclaim it when other memory runs out; until then it counts as this process's.
    """
    if hasattr(mmap, "MADV_DONTNEED"):
        for memory in list(_MAPS):
            memory.madvise(mmap.MADV_DONTNEED)


def _reserve(number: int, size: int) -> None:
    """Reserve the disk space now: a mapped file that runs out of space later kills the process."""
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(number, 0, size)
        else:
            os.truncate(number, size)
    except OSError as error:
        raise InputError(
            f"{tempfile.gettempdir()} has no space for {format_gigabytes(size, 1)} of temporary data "
            f"({error.strerror}): free some space, or set TMPDIR to another folder."
        ) from error
