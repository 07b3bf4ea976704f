"""Numbers read off whole vectors: inner products and norms, without overflow, on one machine or many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf, isfinite

import torch
from torch import Tensor

BLOCK = 1 << 20
"""Entries added up in the tensor's own precision; the sums of the blocks are added in float64."""


def local_only(values: Tensor) -> Tensor:
    """The values themselves: the vectors are here as a whole."""
    return values


@dataclass(frozen=True)
class Reductions:
    """Every number that an optimizer reads off whole vectors comes from here.

    Where each machine holds a piece of every vector, `sum_over_ranks` and `max_over_ranks` bring the pieces' numbers
    together. Both are given a tensor of a few numbers and return one like it (shape, type, device), the same to the
    last bit on every machine, since machines decide by these numbers and must decide alike. All must ask the same
    questions in the same order. What is not a number in one piece must not be lost in the total. A piece may be empty.
    """

    sum_over_ranks: Callable[[Tensor], Tensor] = local_only
    """Sums over the machines, entry by entry."""

    max_over_ranks: Callable[[Tensor], Tensor] = local_only
    """Maxima over the machines, entry by entry; asked about finite numbers only, and infinities."""

    def dot(self, a: Tensor, b: Tensor) -> float:
        """⟨a, b⟩. Where products leave the range of the tensors' precision, both are brought to magnitude 1 first."""
        value = self._sum([torch.dot(x, y) for x, y in zip(_blocks(a), _blocks(b), strict=True)])
        range_of = torch.finfo(max(a.dtype, torch.float32, key=lambda dtype: dtype.itemsize))
        # Sums smaller than this may have lost digits to underflow on the way. (Not a number: neither.)
        return value if range_of.tiny / range_of.eps < abs(value) < inf else self._scaled_dot(a, b)

    def absolute_sum(self, a: Tensor) -> float:
        """‖a‖₁."""
        return self._sum([torch.linalg.vector_norm(block, 1) for block in _blocks(a)])

    def max(self, a: Tensor) -> float:
        """The greatest entry; none of them may be other than a number."""
        return float(self.max_over_ranks(a.amax() if a.numel() else a.new_tensor(-inf)))

    def numel(self, a: Tensor) -> int:
        """How many entries the whole vector has."""
        return round(self._sum([torch.tensor(a.numel(), dtype=torch.float64)]))

    def is_finite(self, a: Tensor) -> bool:
        """Whether every entry is a number."""
        norm = float(torch.linalg.vector_norm(a, inf)) if a.numel() else 0.0
        return self._sum([torch.tensor(not isfinite(norm), dtype=torch.float64)]) == 0

    def _sum(self, parts: list[Tensor]) -> float:
        here = sum(torch.stack(parts).tolist())  # one reading from the device
        return float(self.sum_over_ranks(torch.tensor(here, dtype=torch.float64)))

    def _scaled_dot(self, a: Tensor, b: Tensor) -> float:
        if not (self.is_finite(a) and self.is_finite(b)):
            return self.absolute_sum(a) * self.absolute_sum(b)
        largest, other = self.max(a.abs()), self.max(b.abs())
        if not (largest and other):
            return 0.0
        pairs = zip(_blocks(a), _blocks(b), strict=True)
        return largest * other * self._sum([torch.dot(x / largest, y / other) for x, y in pairs])


WHOLE = Reductions()
"""Those of vectors that are here as a whole."""


def _blocks(a: Tensor) -> Iterator[Tensor]:
    """Its parts, in float32 at least."""
    for block in torch.split(a.reshape(-1), BLOCK):
        yield block if block.dtype.itemsize >= torch.float32.itemsize else block.float()
