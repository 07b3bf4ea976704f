"""Sums of squared products between positions that share a window, block by block."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from brushwork.images.geometry import Window
from brushwork.types import Feature, PerImage


@dataclass(frozen=True)
class PairBlocks:
    """A window cut into blocks of positions, which share the products with the positions around them.

    With w over a window of 2s + 1 positions, V(q, q') = Σ_p w(q − p) w(q' − p) over all centers p in the map, along
    each axis. V is 0 more than 2s apart. Features are given over the window and this halo, clipped to the map.
    """

    window: Window
    """Its sides are multiples of those of a block."""
    rows: int
    columns: int
    weights: Float[Tensor, "k"]

    @property
    def halo(self) -> int:
        return len(self.weights) - 1

    def products(self, one: Feature, other: Feature) -> PerImage:
        """Compute Σ_q Σ_q' V(q, q') (f(q)·a(q'))² over q in the window and q' around it."""
        return self._sum(self._inside(one), self._around(other, below=False), self._pair_weights(one, below=False))

    def own_products(self, one: Feature) -> PerImage:
        """Compute Σ_q Σ_q' V(q, q') (f(q)·f(q'))², where pairs with q' below q count twice, and those above not at all.

        Over the full map the sum is the same, in three fifths of the multiplications or less.
        """
        return self._sum(self._inside(one), self._around(one, below=True), self._pair_weights(one, below=True))

    def _sum(
        self, own: Float[Tensor, "b n c q"], other: Float[Tensor, "_ n c p"], weights: tuple[Tensor, Tensor]
    ) -> PerImage:
        down, across = weights
        lines, aside = len(down), len(across)
        products = _products(own, other).square()
        shaped = products.view(len(products), lines, aside, self.rows, self.columns, down.shape[-1], across.shape[-1])
        of_rows = (shaped * across[:, None, :, None, :]).sum((4, 6))
        return (of_rows * down[:, None]).sum((1, 2, 3, 4))

    def _inside(self, feature: Feature) -> Float[Tensor, "b n c q"]:
        """Return the positions of each block, as columns."""
        inside = self.window.relative_to(self.window.expand(self.halo)).crop(feature)
        return _as_columns(inside.unfold(2, self.rows, self.rows).unfold(3, self.columns, self.columns))

    def _around(self, feature: Feature, *, below: bool) -> Float[Tensor, "b n c p"]:
        """Return the positions around each block (or around its rows and below), with zeros outside of the map."""
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

    def _pair_weights(self, like: Tensor, *, below: bool) -> tuple[Tensor, Tensor]:
        """Return V along the rows and along the columns: one matrix for each block, its positions × those around."""
        window = self.window
        down = self._along(window.top, window.height, self.rows, window.full_size.height)
        across = self._along(window.left, window.width, self.columns, window.full_size.width)
        if below:
            down = down[..., self.halo :]
            apart = torch.arange(down.shape[-1]) - torch.arange(self.rows).unsqueeze(1)
            down = down * (apart.sign() + 1)
        return down.to(like), across.to(like)

    def _along(self, start: int, length: int, side: int, full: int) -> Float[Tensor, "n side around"]:
        half, halo = self.halo // 2, self.halo
        begins = torch.arange(start, start + length, side).view(-1, 1, 1)
        centers = begins + torch.arange(-half, side + half).unsqueeze(1)
        index = begins + torch.arange(-halo, side + halo) - centers + half
        inside = (index >= 0) & (index <= halo) & (centers >= 0) & (centers < full)
        window = self.weights.cpu()[index.clamp(0, halo)] * inside
        return window[..., halo : halo + side].mT @ window


def _as_columns(blocks: Float[Tensor, "b c rows columns h w"]) -> Float[Tensor, "b n c p"]:
    return blocks.permute(0, 2, 3, 1, 4, 5).flatten(4).flatten(1, 2)


def _products(one: Float[Tensor, "b n c q"], other: Float[Tensor, "_ n c p"]) -> Float[Tensor, "b n q p"]:
    """Return f·f' of all positions of a block; single positions are too small for matrix products."""
    return one.mT @ other if other.shape[-1] > 1 else (one * other).sum(-2, keepdim=True)
