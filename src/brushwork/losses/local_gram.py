"""Local Gram matrices around every position, and guides made from content features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from brushwork.errors import InputError
from brushwork.images.geometry import Size, Window
from brushwork.losses.chunked import LossChunk, sum_chunks
from brushwork.losses.moments import as_float32
from brushwork.types import Feature, Guides, PerImage, Summary

SMALLEST_BLOCK = 4
"""Smallest side of the blocks of centers that share a matrix of products; the best side is 2s."""
PART_NUMBERS = 2_000_000
"""Approximate number of values that a chunk holds at a time."""


@dataclass(frozen=True)
class LocalGramLoss:
    """Loss on Gram matrices around every position, scale · Σ_p ‖𝒢(p) − A(p)‖².

    𝒢(p) = Σ_d w(d) f(p + d) f(p + d)ᵀ over the window |d| ≤ s, and A(p) is the same sum over the style image's
    features. No Gram matrix is computed: ⟨𝒢(p), A(p)⟩ = Σ_d Σ_d' w(d) w(d') (f(p + d)·a(p + d'))². Blocks of centers
    share the products of the positions around them. Positions outside of the map count as 0.

    Source: Nikulin & Novak, 1602.07188 (localized style; s = 0 is its simplified test).

    Raises: InputError: a window of even side, or a style image whose map has another size than the image's.
    """

    layer: str
    target: Feature = field(repr=False)
    """a, the style image's features over a map of the image's size."""
    weights: Float[Tensor, "k k"] = field(repr=False)
    """w over a square window of side 2s + 1; `window_weights` makes the uniform one."""
    scale: float

    def __post_init__(self) -> None:
        if len(self.weights) % 2 == 0:
            raise InputError(f"a window has an odd side, 2s + 1; given: {len(self.weights)}.")

    @property
    def halo(self) -> int:
        """s, the half-size of the window."""
        return len(self.weights) // 2

    def summarize(self, feature: Feature, window: Window) -> Summary:
        if Size.of(self.target) != window.full_size:
            raise InputError(
                f"localized style compares position by position: the style image's map is {Size.of(self.target)}, the "
                f"optimized image's {window.full_size}; give the style image at that size."
            )
        return {"square": sum_chunks(as_float32(feature), self._strips(feature, window))}

    def score(self, summary: Summary) -> PerImage:
        return self.scale * summary["square"]

    def _strips(self, feature: Feature, window: Window) -> Iterator[LossChunk]:
        """Yield the window in strips of full blocks, as high as memory allows."""
        positions = (self._block + 2 * self.halo) ** 2
        blocks = max(1, -(-window.width // self._block)) * len(feature)
        high = self._block * max(1, PART_NUMBERS // (blocks * positions * (feature.shape[1] + 4 * positions)))
        first = window.expand(self.halo).top
        for strip in window.strips(high):
            outer = strip.expand(self.halo)
            yield LossChunk(slice(outer.top - first, outer.bottom - first), partial(self._strip, strip))

    def _strip(self, strip: Window, feature: Feature) -> PerImage:
        """Compute the loss over the centers in a strip, from the feature over the strip and its margin."""
        style = strip.expand(self.halo).crop(self.target).to(feature)
        own, other = _pad(feature, strip, self.halo), _pad(style, strip, self.halo)
        found = feature.new_zeros(len(feature))
        for rows in _segments(strip.height, self._block):
            for columns in _segments(strip.width, self._block):
                block = (rows[1], columns[1])
                mine, theirs = (_blocks(whole, rows, columns, self.halo) for whole in (own, other))
                found = found + _distance(mine, theirs, self._pairs(block).to(own))
        return found

    @cached_property
    def _block(self) -> int:
        return max(SMALLEST_BLOCK, 2 * self.halo) if self.halo else 1

    def _pairs(self, block: tuple[int, int]) -> Float[Tensor, "n n"]:
        """Return V(q, q') = Σ_p w(q − p) w(q' − p) over the centers p of a block and the positions q, q' around it."""
        height, width = block
        centers = torch.eye(height * width, dtype=self.weights.dtype).view(-1, 1, height, width)
        kernel = self.weights.cpu()[None, None]
        summed = functional.conv_transpose2d(centers, kernel).flatten(1)
        return summed.mT @ summed


def _pad(feature: Feature, strip: Window, halo: int) -> Feature:
    """Return the feature over the strip and its margin, with zeros where the margin leaves the map."""
    outer = strip.expand(halo)
    left, right = outer.left - (strip.left - halo), (strip.right + halo) - outer.right
    top, bottom = outer.top - (strip.top - halo), (strip.bottom + halo) - outer.bottom
    return functional.pad(feature, (left, right, top, bottom))


def _segments(length: int, block: int) -> list[tuple[int, int, int]]:
    """Split a length into full blocks and one smaller remainder.

    Each run is given by its start, the side of its blocks, and their number.
    """
    whole, rest = divmod(length, block)
    runs = [(0, block, whole)] if whole else []
    return [*runs, (whole * block, rest, 1)] if rest else runs


def _blocks(
    feature: Feature, rows: tuple[int, int, int], columns: tuple[int, int, int], halo: int
) -> Float[Tensor, "b blocks cells c"]:
    """Return the positions around every block, row by row."""
    for axis, (start, side, blocks) in ((2, rows), (3, columns)):
        own = feature.narrow(axis, start, side * blocks + 2 * halo)
        feature = own.unfold(axis, side + 2 * halo, side)
    batch, channels = feature.shape[:2]
    positions = feature.shape[-2] * feature.shape[-1]
    return feature.permute(0, 2, 3, 4, 5, 1).reshape(batch, -1, positions, channels)


def _distance(own: Tensor, other: Tensor, pairs: Float[Tensor, "n n"]) -> PerImage:
    """Compute Σ over the blocks of Σ V(q, q')·((f·f')² − 2 (f·a')² + (a·a')²)."""
    squares = _products(own, own).square() - 2 * _products(own, other).square() + _products(other, other).square()
    return (squares * pairs).sum((1, 2, 3))


def _products(
    one: Float[Tensor, "_ blocks n c"], other: Float[Tensor, "_ blocks n c"]
) -> Float[Tensor, "_ blocks n n"]:
    """Return f·f' of all positions of a block; single positions are too small for matrix products."""
    return one @ other.mT if one.shape[-2] > 1 else (one * other).sum(-1, keepdim=True)


@torch.no_grad()
def content_guides(responses: Feature, size: Size, weights: Float[Tensor, "k k"]) -> Guides:
    """Compute one guide for each content channel, over a map of `size` positions.

    u_k(q) = Σ_d w(d) 𝓕_k(q − d). Then Σ_p 𝓕_k(p) 𝒢(p), 𝒢(p) = Σ_d w(d) f(p + d) f(p + d)ᵀ, is F diag(u_k) Fᵀ: the
    covariance of content with windowed styles is a `GuidedGramLoss`, and costs K Gram matrices instead of one for each
    position.

    `responses` are content features of one image: those of the content image for the generated image, those of the
    style image for its target. Give only the channels that matter, since each becomes a guide. They are resampled to
    `size`, antialiased. `weights` is w over a square window of an odd side; `window_weights` makes the uniform one.

    Source: Nikulin & Novak, 1602.07188 (no weights or layers are given there).
    Differs: the responses are those of the content image, not of the generated image during the optimization.

    Raises: InputError: more than one image, or a window of even side.
    """
    if len(responses) != 1:
        raise InputError(f"content guides are computed from one image; given: a batch of {len(responses)}.")
    if len(weights) % 2 == 0:
        raise InputError(f"a window has an odd side, 2s + 1; given: {len(weights)}.")
    resampled = functional.interpolate(as_float32(responses), tuple(size), mode="bilinear", antialias=True)
    kernel = weights.flip(0, 1).to(resampled)[None, None]
    return functional.conv2d(resampled.transpose(0, 1), kernel, padding=len(weights) // 2)[:, 0]


def window_weights(half: int) -> Float[Tensor, "k k"]:
    """Return the uniform window of half-size s: (2s + 1)² weights that sum to 1.

    Raises: InputError: a negative half-size.
    """
    if half < 0:
        raise InputError(f"the half-size of a window is 0 or more; given: {half}.")
    side = 2 * half + 1
    return torch.full((side, side), 1 / side**2, dtype=torch.float64)
