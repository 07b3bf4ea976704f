"""Tensors in unnamed temporary files, for what does not fit in memory."""

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

LARGE = 2**28
"""Bytes from which on a tensor is kept in a file."""

_GIGABYTE = 1e9

_MAPS: WeakSet[mmap.mmap] = WeakSet()


def empty_or_mapped(shape: Sequence[int], like: Tensor, large: int = LARGE) -> Tensor:
    """An empty tensor on the device of another; where it takes `large` bytes or more, in a file on the processor.

    On `meta`, such a tensor takes nothing. Raises: InputError: the folder for temporary files has no room.
    """
    if prod(shape) * like.element_size() < large:
        return like.new_empty(*shape)
    if like.device.type == "meta":
        return like.new_empty(1).expand(*shape)
    return empty_mapped(shape, like.dtype)


def empty_mapped(shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """An empty tensor in a temporary file that has no name any more: it is gone with the tensor, or with the process.

    Raises: InputError: the folder for temporary files has no room, or there is none.
    """
    size = prod(shape) * dtype.itemsize
    number, name = tempfile.mkstemp(prefix="brushwork-", dir=temporary_place())
    try:
        _reserve(number, size)
        room = mmap.mmap(number, size)
    finally:
        os.close(number)
        with suppress(OSError):  # Windows keeps files that are in use
            Path(name).unlink()
    _MAPS.add(room)
    return torch.frombuffer(room, dtype=dtype).view(*shape)


def drop_pages() -> None:
    """Let go of the memory in which parts of such files lie: they are read again when they are looked at.

    The system would take it when it has no other; until then it counts as this process's.
    """
    if hasattr(mmap, "MADV_DONTNEED"):
        for room in list(_MAPS):
            room.madvise(mmap.MADV_DONTNEED)


def _reserve(number: int, size: int) -> None:
    """Take the room now: a mapped file for which there is none later kills the process."""
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(number, 0, size)
        else:
            os.truncate(number, size)
    except OSError as error:
        raise InputError(
            f"{tempfile.gettempdir()} has no room for {size / _GIGABYTE:.1f} GB of targets ({error.strerror}): free "
            "some, or name another folder in TMPDIR."
        ) from error


def mapped_vectors(shape: tuple[int, int], dtype: torch.dtype) -> Tensor:
    """A tensor in a file without a name.

    Raises: OSError: the disk has no room for it. InputError: there is no folder for temporary files.
    """
    handle, name = tempfile.mkstemp(prefix="brushwork-", dir=temporary_place())
    try:
        if hasattr(os, "posix_fallocate"):  # or else a full disk would end the process, at the first touch
            os.posix_fallocate(handle, 0, prod(shape) * dtype.itemsize)
        return torch.from_file(name, shared=True, size=prod(shape), dtype=dtype).view(shape)
    finally:
        os.close(handle)
        Path(name).unlink()
