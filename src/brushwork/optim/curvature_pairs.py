"""Curvature pairs of L-BFGS, and the storage of their vectors: in memory, in half precision or on disk."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from brushwork.choices import HistoryStorage
from brushwork.optim.reductions import Reductions
from brushwork.storage.mapped import empty_mapped

PIECE = 1 << 22
"""Number of entries to convert to the point's precision, or move to its device, at a time."""

BLOCK_BYTES = 1 << 25
"""Size of a block in bytes.

glibc maps allocations over 32 MiB (DEFAULT_MMAP_THRESHOLD_MAX), so freeing them returns them to the system.
"""

MOST = 64
"""Largest number of vectors in a block; the blocks of small images, a few MB, may lie in the heap."""

ALIGNMENT = 64
"""Vectors start at multiples of this number of entries.

Sums over vectors then round the same wherever they lie: BLAS promises that for vectors aligned to 64 bytes.
"""


class CurvaturePair(NamedTuple):
    """A displacement s, the change y of the gradient along it, and their products."""

    s: Tensor
    y: Tensor
    sy: float
    """⟨s, y⟩: the curvature along s."""
    yy: float

    @classmethod
    def of(cls, s: Tensor, y: Tensor, reductions: Reductions) -> CurvaturePair:
        return cls(s, y, reductions.dot(s, y), reductions.dot(y, y))


def pair_in_float32(pair: tuple[Tensor, Tensor]) -> Iterator[Tensor]:
    """Return s and y in float32 or wider."""
    return (kept if kept.dtype.itemsize >= torch.float32.itemsize else kept.float() for kept in pair)


@runtime_checkable
class Preconditioner(Protocol):
    """Initial inverse Hessian H₀, from which the recursion starts."""

    def apply(self, vector: Tensor, pairs: Sequence[CurvaturePair]) -> None:
        """Compute vector ← H₀ · vector, in place, for at least one pair."""


class CurvaturePairs:
    """The last `history` pairs with ⟨s, y⟩ above `min_curvature`, oldest first.

    If `storage` rounds, vectors are rounded before their products are computed, so that a pair is consistent.
    """

    def __init__(
        self,
        history: int,
        min_curvature: float,
        reductions: Reductions,
        storage: HistoryStorage = "full",
        preconditioner: Preconditioner | None = None,
    ) -> None:
        self.history, self.min_curvature, self.reductions = history, min_curvature, reductions
        self._pairs: deque[CurvaturePair] = deque()
        self._store, self._preconditioner = VectorStore(storage), preconditioner
        self._exported = 0

    def __len__(self) -> int:
        return len(self._pairs)

    def update(self, direction: Tensor, length: float, change: tuple[Tensor, Tensor], *, moving_only: bool) -> None:
        """Add the pair of length · direction and the change of the gradient (before, after).

        The direction and the earlier gradient are overwritten: they become the pair. With `moving_only` the pair covers
        only the entries that move. Entries held by a bound carry no curvature, and their gradients would only blur
        those of the others.
        """
        before, after = change
        s, y = direction.mul_(length), torch.sub(after, before, out=before)
        self._add(self._store.add(s), self._store.add(y.mul_(s != 0) if moving_only else y))

    def direction(self, gradient: Tensor) -> Tensor:
        """Return −H·gradient, where H is the inverse Hessian that the pairs approximate."""
        return _two_loops(gradient, self._pairs, self.reductions, self._preconditioner)

    def clear(self) -> None:
        """Drop all pairs."""
        self._pairs.clear()
        self._exported = 0

    def export(self) -> list[tuple[Tensor, Tensor]]:
        """Return all s and y as stored. They are never written to again."""
        self._exported = len(self._pairs)
        return [(pair.s, pair.y) for pair in self._pairs]

    def add(self, s: Tensor, y: Tensor) -> None:
        """Add a copy of a pair."""
        self._add(self._store.copy(s), self._store.copy(y))

    def _add(self, s: Tensor, y: Tensor) -> None:
        pair = CurvaturePair.of(s, y, self.reductions)
        if not pair.sy > self.min_curvature:
            self._store.release(pair.s, pair.y)
            return
        self._pairs.append(pair)
        if len(self._pairs) > self.history:
            self._drop()

    def _drop(self) -> None:
        oldest = self._pairs.popleft()
        if self._exported:  # the oldest pairs belong to a state that may not be saved yet
            self._exported -= 1
        else:
            self._store.release(oldest.s, oldest.y)


@torch.no_grad()
def _two_loops(
    gradient: Tensor,
    pairs: Sequence[CurvaturePair],
    reductions: Reductions,
    preconditioner: Preconditioner | None = None,
) -> Tensor:
    """Compute the two-loop recursion from H₀ = ⟨s, y⟩/⟨y, y⟩ · 1, or from the preconditioner.

    It reads no number back from the device.

    Source: Nocedal & Wright, Numerical Optimization, 2nd edition, algorithm 7.4 and equation 7.20.
    """
    direction = gradient.neg()
    flat = direction.view(-1)
    alphas: list[Tensor] = []
    for s, y, sy, _ in reversed(pairs):
        alpha = _inner(s, flat, reductions) / sy
        _add_to(flat, y, -alpha)
        alphas.append(alpha)
    if pairs and preconditioner is not None:
        preconditioner.apply(direction, list(pairs))
    elif pairs:
        flat.mul_(pairs[-1].sy / pairs[-1].yy)
    for s, y, sy, _ in pairs:
        _add_to(flat, s, alphas.pop() - _inner(y, flat, reductions) / sy)
    return direction


def _inner(kept: Tensor, flat: Tensor, reductions: Reductions) -> Tensor:
    """Return the inner product as a 0-dimensional tensor, without reading it back from the device."""
    parts = [torch.dot(piece, part) for piece, part in _pieces(kept, flat)]
    return reductions.sum_over_ranks(parts[0] if len(parts) == 1 else torch.stack(parts).sum())


def _add_to(flat: Tensor, kept: Tensor, alpha: Tensor) -> None:
    for piece, part in _pieces(kept, flat):
        part.addcmul_(piece, alpha)


def _pieces(kept: Tensor, flat: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield pieces of a stored vector, each with the corresponding piece of another vector.

    The stored pieces are converted to the other vector's precision and device.
    """
    kept = kept.view(-1)
    if kept.dtype == flat.dtype and kept.device == flat.device:
        yield kept, flat
        return
    for piece, part in zip(torch.split(kept, PIECE), torch.split(flat, PIECE), strict=True):
        yield piece.to(part), part


class VectorStore:
    """Allocator of long-lived vectors, in blocks separate from short-lived ones.

    Among short-lived vectors they would leave holes in the C library's heap, measured at 40 % of an L-BFGS history.
    Vectors as large as a block leave no holes: with full storage they stay where they are, without a copy.
    On disk, the system decides how much of the vectors to hold in memory. The file lies where `tempfile` puts it
    (TMPDIR). It has no name while in use, so nothing is left behind, whatever happens.
    """

    def __init__(self, storage: HistoryStorage = "full") -> None:
        self.storage = storage
        self._rows: list[Tensor] = []

    def add(self, vector: Tensor) -> Tensor:
        """Store a vector. The result may be the same tensor: do not write to it any more."""
        return vector if self._stays(vector) else self.copy(vector)

    def copy(self, vector: Tensor) -> Tensor:
        """Store a copy of a vector."""
        return vector.clone() if self._stays(vector) else self._row(vector).copy_(vector)

    def release(self, *vectors: Tensor) -> None:
        """Free vectors that are no longer used."""
        self._rows.extend(vector for vector in vectors if not self._stays(vector))

    def _stays(self, vector: Tensor) -> bool:
        return self.storage == "full" and vector.nbytes > BLOCK_BYTES

    def _row(self, like: Tensor) -> Tensor:
        """Return memory for one vector, with undefined content."""
        if not (self._rows and self._rows[-1].shape == like.shape):
            kept = torch.bfloat16 if self.storage == "bf16" else like.dtype
            padded = -(-like.numel() // ALIGNMENT) * ALIGNMENT
            count = min(MOST, -(-BLOCK_BYTES // max(1, padded * kept.itemsize)))
            mapped = self.storage == "disk" and padded
            block = empty_mapped((count, padded), kept) if mapped else like.new_empty((count, padded), dtype=kept)
            self._rows = [row[: like.numel()].view(like.shape) for row in block.unbind()]
        return self._rows.pop()
