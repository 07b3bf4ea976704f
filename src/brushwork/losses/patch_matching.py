"""Nearest patches in other feature maps, for each patch of a map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from math import isqrt
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from brushwork.images.geometry import Size
from brushwork.losses.chunked import BLOCK_NUMBERS


class PatchGrid(NamedTuple):
    """Grid of patches of `side` × `side` positions, every `stride` positions."""

    side: int
    stride: int

    def n_patches(self, length: int) -> int:
        """Return the number of patches along an axis."""
        return (length - self.side) // self.stride + 1

    def rows(self, first: int, count: int) -> slice:
        """Return the positions of `count` patches, starting with patch number `first`."""
        return slice(first * self.stride, (first + count - 1) * self.stride + self.side)


class PatchMatch(NamedTuple):
    """Nearest style patch of each image patch, as indices into the flattened, concatenated style maps."""

    first: Int[Tensor, "h w"]
    """Index of the style patch's upper left position."""
    width: Int[Tensor, "h w"]
    """Offset from one of its rows to the next."""


@torch.no_grad()
def match_patches(
    image: Float[Tensor, "c _ _"], styles: Sequence[Float[Tensor, "c _ _"]], grid: PatchGrid
) -> PatchMatch:
    """Return argmax_q ⟨Ψ_p, Ψ*_q⟩/‖Ψ*_q‖ (normalized cross-correlation), in blocks of bounded memory.

    Source: Li & Wand, 1601.04589, eq. 3.
    """
    high, across = grid.n_patches(image.shape[-2]), grid.n_patches(image.shape[-1])
    best = image.new_full((high, across), -torch.inf)
    found = PatchMatch(*(torch.zeros_like(best, dtype=torch.int64) for _ in range(2)))
    start = 0
    for style in styles:
        norms = _norms(style, grid)
        for rows, others in _blocks(Size.of(image), Size.of(style), grid):
            seen = style[:, grid.rows(others.start, others.stop - others.start)]
            scores = _products(image[:, grid.rows(rows.start, rows.stop - rows.start)], seen, grid)
            top, index = (scores / norms[others]).flatten(2).max(dim=-1)
            positions = _cells(index, others.start, style, grid, start)
            _keep(best[rows], PatchMatch(*(part[rows] for part in found)), top, positions)
        start += style[0].numel()
    return found


def _blocks(image: Size, style: Size, grid: PatchGrid) -> Iterator[tuple[slice, slice]]:
    """Yield pairs of row ranges of patches (image, style), nearly square so that they overlap little."""
    at_once = max(1, isqrt(BLOCK_NUMBERS // (image.width * style.width)) // grid.stride)
    high, others = grid.n_patches(image.height), grid.n_patches(style.height)
    for top in range(0, high, at_once):
        for start in range(0, others, at_once):
            yield slice(top, min(high, top + at_once)), slice(start, min(others, start + at_once))


def _products(one: Float[Tensor, "c _ _"], other: Float[Tensor, "c _ _"], grid: PatchGrid) -> Float[Tensor, "h w k l"]:
    """Compute the inner products ⟨Ψ_p, Ψ*_q⟩ of all patches.

    Each product of two positions is computed once, then summed over a patch. Only positions with the same residue
    modulo the stride are multiplied.
    """
    (side, stride), sizes = grid, [grid.n_patches(length) for whole in (one, other) for length in whole.shape[1:]]
    found = one.new_zeros(sizes)
    for down in range(min(side, stride)):
        for right in range(min(side, stride)):
            mine, theirs = (whole[:, down::stride, right::stride] for whole in (one, other))
            positions = (mine.flatten(1).mT @ theirs.flatten(1)).view(*mine.shape[1:], *theirs.shape[1:])
            across = _diagonal(positions, 1, len(range(right, side, stride)), sizes[1], sizes[3])
            found += _diagonal(across, 0, len(range(down, side, stride)), sizes[0], sizes[2])
    return found


def _diagonal(products: Tensor, axis: int, steps: int, own: int, other: int) -> Tensor:
    """Compute the sum over i of the products with both positions shifted by i along one axis of their maps."""
    moved = (products.narrow(axis, step, own).narrow(axis + 2, step, other) for step in range(steps))
    return reduce(torch.add, moved)


def _norms(style: Float[Tensor, "c _ _"], grid: PatchGrid) -> Float[Tensor, "k l"]:
    """Return ‖Ψ*_q‖ for every patch, never 0."""
    squares = style.square().sum(0)[None, None]
    sums = functional.avg_pool2d(squares, grid.side, grid.stride, divisor_override=1)[0, 0]
    return sums.sqrt().clamp_min(torch.finfo(sums.dtype).tiny)


def _keep(best: Tensor, found: PatchMatch, top: Tensor, positions: PatchMatch) -> None:
    """Replace the best matches in place where a block scores higher."""
    better = top > best
    for old, new in ((best, top), (found.first, positions.first), (found.width, positions.width)):
        old.copy_(torch.where(better, new, old))


def _cells(
    index: Int[Tensor, "h w"], top: int, style: Float[Tensor, "c _ _"], grid: PatchGrid, start: int
) -> PatchMatch:
    """Convert patch numbers, counted from patch row `top`, to indices into the concatenated style maps."""
    width = style.shape[-1]
    across = grid.n_patches(width)
    rows, columns = index // across + top, index % across
    return PatchMatch(start + (rows * width + columns) * grid.stride, torch.full_like(index, width))
