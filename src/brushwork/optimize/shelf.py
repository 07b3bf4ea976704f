"""Room for vectors that stay."""

from __future__ import annotations

import os
import tempfile
from math import prod
from pathlib import Path
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from brushwork.folders import temporary_place

Storage: TypeAlias = Literal["full", "bf16", "disk"]
"""How vectors are kept: as they are; in bfloat16, whose range is that of float32, at half the memory; or in a file."""

BLOCK_BYTES = 1 << 25
"""glibc maps what is larger than 32 MiB (DEFAULT_MMAP_THRESHOLD_MAX), and gives it back when it is freed."""

MOST = 64
"""Vectors in a block: the heap may have the blocks of small pictures, a few MB."""

ALIGNMENT = 64
"""Entries between the beginnings of vectors are a multiple of this, so that sums over them, whichever place they have,
round alike: BLAS promises that for vectors aligned to 64 bytes."""


class VectorStore:
    """Room for vectors that stay, in blocks apart from what comes and goes.

    Among short-lived vectors they would leave holes in the C library's heap, measured at 40 % of an L-BFGS history.
    Vectors as large as a block make no holes: where they are kept in full they stay where they are, without a copy.

    On disk, the system decides how much of the vectors it holds in memory. The file lies where `tempfile` puts it
    (TMPDIR); it has no name while it is used, so that nothing is left behind, whatever happens.
    """

    def __init__(self, storage: Storage = "full") -> None:
        self.storage = storage
        self._rows: list[Tensor] = []

    def add(self, vector: Tensor) -> Tensor:
        """A vector, brought here. It may be that very tensor: no one writes to it from now on."""
        return vector if self._stays(vector) else self.copy(vector)

    def copy(self, vector: Tensor) -> Tensor:
        """A copy of a vector, brought here."""
        return vector.clone() if self._stays(vector) else self._row(vector).copy_(vector)

    def release(self, *vectors: Tensor) -> None:
        """Take back the room of vectors that no one looks at any more."""
        self._rows.extend(vector for vector in vectors if not self._stays(vector))

    def _stays(self, vector: Tensor) -> bool:
        return self.storage == "full" and vector.nbytes > BLOCK_BYTES

    def _row(self, like: Tensor) -> Tensor:
        """Room for one vector; what it holds is undefined."""
        if not (self._rows and self._rows[-1].shape == like.shape):
            kept = torch.bfloat16 if self.storage == "bf16" else like.dtype
            padded = -(-like.numel() // ALIGNMENT) * ALIGNMENT
            count = min(MOST, -(-BLOCK_BYTES // max(1, padded * kept.itemsize)))
            mapped = self.storage == "disk" and padded
            block = _mapped((count, padded), kept) if mapped else like.new_empty((count, padded), dtype=kept)
            self._rows = [row[: like.numel()].view(like.shape) for row in block.unbind()]
        return self._rows.pop()


def _mapped(shape: tuple[int, int], dtype: torch.dtype) -> Tensor:
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
