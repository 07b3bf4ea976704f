"""Room for vectors that stay."""

from __future__ import annotations

from torch import Tensor

BLOCK_BYTES = 1 << 25
"""glibc maps what is larger than 32 MiB (DEFAULT_MMAP_THRESHOLD_MAX), and gives it back when it is freed."""

MOST = 64
"""Vectors in a block: the heap may have the blocks of small pictures, a few MB."""

ALIGNMENT = 64
"""Entries between the beginnings of vectors are a multiple of this, so that sums over them, whichever place they have,
round alike: BLAS promises that for vectors aligned to 64 bytes."""


class Shelf:
    """Room for vectors that stay, in blocks apart from what comes and goes.

    Among short-lived vectors they would leave holes in the C library's heap, measured at 40 % of an L-BFGS history.
    """

    def __init__(self) -> None:
        self._rows: list[Tensor] = []

    def row(self, like: Tensor) -> Tensor:
        """Room for one vector; what it holds is undefined."""
        if not (self._rows and self._rows[-1].shape == like.shape):
            padded = -(-like.numel() // ALIGNMENT) * ALIGNMENT
            count = min(MOST, -(-BLOCK_BYTES // max(1, padded * like.element_size())))
            block = like.new_empty(count, padded)
            self._rows = [row[: like.numel()].view(like.shape) for row in block.unbind()]
        return self._rows.pop()

    def copy(self, vector: Tensor) -> Tensor:
        """A vector, brought here."""
        return self.row(vector).copy_(vector)

    def back(self, *vectors: Tensor) -> None:
        """Take back the room of vectors that no one looks at any more."""
        self._rows.extend(vectors)
