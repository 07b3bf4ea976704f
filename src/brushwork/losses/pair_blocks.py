"""Sums of squared products between positions that share a window, computed block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from brushwork.images.geometry import Window
from brushwork.types import Feature, PerImage


@dataclass(frozen=True)
class PairBlocks:
    """A window cut into blocks of positions; a block shares the products with the positions around it.

    With w over a window of 2s + 1 positions, V(q, q') = Σ_p w(q − p) w(q' − p) over all centers p in the map, along
    each axis. V is 0 for positions more than 2s apart. Features cover the window and this halo, clipped to the map.
    """

    window: Window
    """Window whose sides are multiples of a block's.

    Along each axis it is a single block, or has no block within s of the border.
    """
    rows: int
    columns: int
    weights: Float[Tensor, "k"]

    @classmethod
    def cut(cls, window: Window, side: int, at_a_time: int, weights: Float[Tensor, "k"]) -> list[PairBlocks]:
        """Return blocks that cover a window, at most `at_a_time` in each part; `side` ≥ s."""
        wide = min(at_a_time, max(1, window.width // side))
        rows = _cut_blocks(window.top, window.height, side, at_a_time // wide)
        columns = _cut_blocks(window.left, window.width, side, wide)
        parts = Window.grid(rows, columns, window.full_size)
        return [cls(part, min(side, part.height), min(side, part.width), weights) for part in parts]

    @property
    def halo(self) -> int:
        return len(self.weights) - 1

    def products(self, one: Feature, other: Feature) -> PerImage:
        """Compute Σ_q Σ_q' V(q, q') (f(q)·a(q'))² over q in the window and q' around it."""
        return self._sum_squares(one, other, below=False)

    def own_products(self, one: Feature) -> PerImage:
        """Compute Σ_q Σ_q' V(q, q') (f(q)·f(q'))², counting pairs with q' below q twice, and those above not at all.

        Over the full map this equals the sum over all pairs, with at most three fifths of the multiplications.
        """
        return self._sum_squares(one, one, below=True)

    def _sum_squares(self, one: Feature, other: Feature, *, below: bool) -> PerImage:
        products = _products(self._inside(one), self._around(other, below=below))
        found: Tensor = _SumSquares.apply(products, self._pair_weights(products, below=below))  # type: ignore[no-untyped-call]
        return found

    def _inside(self, feature: Feature) -> Float[Tensor, "b n c q"]:
        """Return the positions of each block, as columns."""
        inside = self.window.relative_to(self.window.expand(self.halo)).crop(feature)
        return _as_columns(inside.unfold(2, self.rows, self.rows).unfold(3, self.columns, self.columns))

    def _around(self, feature: Feature, *, below: bool) -> Float[Tensor, "b n c p"]:
        """Return the positions around each block (with `below`, none above it), with zeros outside the map."""
        outer, window, halo = self.window.expand(self.halo), self.window, self.halo
        missing = (
            halo - (window.left - outer.left),
            halo - (outer.right - window.right),
            halo - (window.top - outer.top),
            halo - (outer.bottom - window.bottom),
        )
        above = halo if below else 0
        padded = functional.pad(feature, missing)[..., above:, :]
        high, wide = self.rows + 2 * halo - above, self.columns + 2 * halo
        return _as_columns(padded.unfold(2, high, self.rows).unfold(3, wide, self.columns))

    def _pair_weights(self, like: Tensor, *, below: bool) -> Float[Tensor, "q p"]:
        """Return V between the positions of a block and those around it."""
        down = self._pair_weights_along(self.window.top, self.rows, self.window.full_size.height)
        across = self._pair_weights_along(self.window.left, self.columns, self.window.full_size.width)
        if below:
            down = down[:, self.halo :]
            apart = torch.arange(down.shape[1]) - torch.arange(self.rows).unsqueeze(1)
            down = down * (apart.sign() + 1)
        return torch.kron(down.to(like), across.to(like))

    def _pair_weights_along(self, start: int, side: int, full: int) -> Float[Tensor, "side around"]:
        half, halo = self.halo // 2, self.halo
        centers = torch.arange(start - half, start + side + half).unsqueeze(1)
        index = torch.arange(start - halo, start + side + halo) - centers + half
        inside = (index >= 0) & (index <= halo) & (centers >= 0) & (centers < full)
        window = self.weights.cpu()[index.clamp(0, halo)] * inside
        return window[:, halo : halo + side].mT @ window


def _cut_blocks(start: int, length: int, side: int, at_a_time: int) -> list[int]:
    """Return the cuts between parts of full blocks: the first and last block stand alone; the rest comes last."""
    end = start + length // side * side
    inner = range(min(start + side, end), end, side * at_a_time)
    return sorted({start, *inner, max(start, end - side), end, start + length})


def _as_columns(blocks: Float[Tensor, "b c rows columns h w"]) -> Float[Tensor, "b n c p"]:
    return blocks.permute(0, 2, 3, 1, 4, 5).flatten(4).flatten(1, 2)


def _products(one: Float[Tensor, "b n c q"], other: Float[Tensor, "_ n c p"]) -> Float[Tensor, "b n q p"]:
    """Return f·f' for all positions of a block; single positions are too small for matrix products."""
    return one.mT @ other if other.shape[-1] > 1 else (one * other).sum(-2, keepdim=True)


class _SumSquares(torch.autograd.Function):
    """Σ V P². It keeps V P, half its gradient, in place of P and P²."""

    @staticmethod
    def forward(ctx: Any, products: Float[Tensor, "b n q p"], weights: Float[Tensor, "q p"]) -> PerImage:
        weighted = products * weights
        ctx.save_for_backward(weighted)
        found: Tensor = torch.linalg.vecdot(products.flatten(1), weighted.flatten(1))
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, outer: PerImage) -> tuple[Tensor, None]:
        (weighted,) = ctx.saved_tensors
        return weighted * (2 * outer.view(-1, 1, 1, 1)), None
