"""Reductions of vectors to numbers: inner products and norms, without overflow, on one process or many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf, isfinite

import torch
from torch import Tensor

BLOCK = 1 << 20
"""Number of entries to sum in the tensor's own precision; the blocks' sums are added in float64."""


def local_only(values: Tensor) -> Tensor:
    """Return the values unchanged, since the vectors are complete on this process."""
    return values


@dataclass(frozen=True)
class Reductions:
    """All reductions of vectors that an optimizer needs.

    If each process holds a part of every vector, `sum_over_ranks` and `max_over_ranks` combine the parts' numbers.
    Both take a tensor of a few numbers and return one like it (shape, type, device). The result must be identical to
    the last bit on every process, since all processes must make the same decisions. All processes must call the same
    reductions in the same order. A NaN in one part must not be lost in the total. A part may be empty.
    """

    sum_over_ranks: Callable[[Tensor], Tensor] = local_only
    """Sums over the processes, entry by entry."""

    max_over_ranks: Callable[[Tensor], Tensor] = local_only
    """Maxima over the processes, entry by entry; called with finite numbers and infinities only."""

    def dot(self, a: Tensor, b: Tensor) -> float:
        """Return ⟨a, b⟩.

        If products leave the range of the tensors' precision, both vectors are first scaled to magnitude 1.
        """
        value = self._sum([torch.dot(x, y) for x, y in zip(_blocks(a), _blocks(b), strict=True)])
        range_of = torch.finfo(max(a.dtype, torch.float32, key=lambda dtype: dtype.itemsize))
        # Smaller sums may have lost digits to underflow. (NaN compares false too.)
        return value if range_of.tiny / range_of.eps < abs(value) < inf else self._dot_scaled(a, b)

    def absolute_sum(self, a: Tensor) -> float:
        """Return ‖a‖₁."""
        return self._sum([torch.linalg.vector_norm(block, 1) for block in _blocks(a)])

    def max(self, a: Tensor) -> float:
        """Return the largest entry; no entry may be NaN."""
        return float(self.max_over_ranks(a.amax() if a.numel() else a.new_tensor(-inf)))

    def numel(self, a: Tensor) -> int:
        """Return the number of entries of the full vector."""
        return round(self._sum([torch.tensor(a.numel(), dtype=torch.float64)]))

    def is_finite(self, a: Tensor) -> bool:
        """Return whether every entry is finite."""
        norm = float(torch.linalg.vector_norm(a, inf)) if a.numel() else 0.0
        return self._sum([torch.tensor(not isfinite(norm), dtype=torch.float64)]) == 0

    def _sum(self, parts: list[Tensor]) -> float:
        here = sum(torch.stack(parts).tolist())  # one read from the device
        return float(self.sum_over_ranks(torch.tensor(here, dtype=torch.float64)))

    def _dot_scaled(self, a: Tensor, b: Tensor) -> float:
        if not (self.is_finite(a) and self.is_finite(b)):
            return self.absolute_sum(a) * self.absolute_sum(b)
        largest, other = self.max(a.abs()), self.max(b.abs())
        if not (largest and other):
            return 0.0
        pairs = zip(_blocks(a), _blocks(b), strict=True)
        return largest * other * self._sum([torch.dot(x / largest, y / other) for x, y in pairs])


WHOLE = Reductions()
"""Reductions of vectors that are complete on this process."""


def _blocks(a: Tensor) -> Iterator[Tensor]:
    """Yield the vector's blocks, in float32 or wider."""
    for block in torch.split(a.reshape(-1), BLOCK):
        yield block if block.dtype.itemsize >= torch.float32.itemsize else block.float()
