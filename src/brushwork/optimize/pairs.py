"""What L-BFGS remembers: pairs of displacement and change of gradient."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from brushwork.optimize.products import Products
from brushwork.optimize.shelf import Shelf


class Pair(NamedTuple):
    """A displacement s, the change y of the gradient along it, and their products."""

    s: Tensor
    y: Tensor
    sy: float
    """⟨s, y⟩: the curvature along s."""
    yy: float

    @classmethod
    def of(cls, s: Tensor, y: Tensor, products: Products) -> Pair:
        return cls(s, y, products.dot(s, y), products.dot(y, y))


class Pairs:
    """The last `history` pairs whose ⟨s, y⟩ is more than `least_curvature`, oldest first."""

    def __init__(self, history: int, least_curvature: float, products: Products) -> None:
        self.history, self.least_curvature, self.products = history, least_curvature, products
        self._pairs: deque[Pair] = deque()
        self._shelf = Shelf()
        self._lent = 0

    def __len__(self) -> int:
        return len(self._pairs)

    def learn(self, direction: Tensor, length: float, change: tuple[Tensor, Tensor], *, moving_only: bool) -> None:
        """Add the pair of length · direction and the change of the gradient (before, after).

        With `moving_only` the pair is about the entries that move: those at rest, held by a bound, have no curvature
        to tell, and their gradients would only blur that of the others.
        """
        s = torch.mul(direction, length, out=self._shelf.row(direction))
        y = torch.sub(change[1], change[0], out=self._shelf.row(direction))
        self._add(Pair.of(s, y.mul_(s != 0) if moving_only else y, self.products))

    def descent(self, gradient: Tensor) -> Tensor:
        """−H·gradient, H being the inverse Hessian that the pairs suggest."""
        return _two_loops(gradient, self._pairs, self.products)

    def clear(self) -> None:
        """Forget all pairs."""
        self._pairs.clear()
        self._lent = 0

    def lend(self) -> list[tuple[Tensor, Tensor]]:
        """All s and y, which are not written to again."""
        self._lent = len(self._pairs)
        return [(pair.s, pair.y) for pair in self._pairs]

    def add(self, s: Tensor, y: Tensor) -> None:
        """Add a pair, copied."""
        self._add(Pair.of(self._shelf.copy(s), self._shelf.copy(y), self.products))

    def _add(self, pair: Pair) -> None:
        if not pair.sy > self.least_curvature:
            self._shelf.back(pair.s, pair.y)
            return
        self._pairs.append(pair)
        if len(self._pairs) > self.history:
            self._drop()

    def _drop(self) -> None:
        oldest = self._pairs.popleft()
        if self._lent:  # the oldest pairs are part of a state that someone may still be saving
            self._lent -= 1
        else:
            self._shelf.back(oldest.s, oldest.y)


@torch.no_grad()
def _two_loops(gradient: Tensor, pairs: Sequence[Pair], products: Products) -> Tensor:
    """The two-loop recursion, from H₀ = ⟨s, y⟩/⟨y, y⟩ · 1. No number is read back from the device on the way.

    Source: Nocedal & Wright, Numerical Optimization, 2nd edition, algorithm 7.4 and equation 7.20.
    """
    direction = gradient.neg()
    flat = direction.view(-1)
    shares: list[Tensor] = []
    for s, y, sy, _ in reversed(pairs):
        share = products.inner(s, flat) / sy
        flat.addcmul_(y.view(-1), share, value=-1)
        shares.append(share)
    if pairs:
        flat.mul_(pairs[-1].sy / pairs[-1].yy)
    for s, y, sy, _ in pairs:
        flat.addcmul_(s.view(-1), shares.pop() - products.inner(y, flat) / sy)
    return direction
