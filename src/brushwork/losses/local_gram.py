"""Local Gram matrices around every position, and guides made from content features."""

from __future__ import annotations

from collections.abc import Callable
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
from brushwork.losses.pair_blocks import PairBlocks
from brushwork.types import Feature, Guides, PerImage, Summary

SMALLEST_BLOCK = 8
"""Smallest side of a block of positions that share a matrix of products; windows of one position need no blocks."""
CHUNK_NUMBERS = 4_000_000
"""Approximate number of values in a chunk."""


@dataclass(frozen=True)
class LocalGramLoss:
    """Loss on Gram matrices around every position, scale · Σ_p ‖𝒢(p) − A(p)‖².

    𝒢(p) = Σ_d w(d) f(p + d) f(p + d)ᵀ over the window |d| ≤ s, where w(d) = w(d_y) w(d_x), and A(p) is the same sum
    over the style image's features. No Gram matrix is computed:

        Σ_p ⟨𝒢(p), A(p)⟩ = Σ_q Σ_q' V(q, q') (f(q)·a(q'))², V(q, q') = Σ_p w(q − p) w(q' − p),

    over positions q and q' at most 2s apart. Positions outside the map count as 0.

    Source: Nikulin & Novak, 1602.07188 (localized style; s = 0 is its simplified test).
    Differs: only separable windows, such as the uniform and the Gaussian one.

    Raises: InputError: a window of even side, or a style image whose map differs in size from the image's.
    """

    layer: str
    target: Feature = field(repr=False)
    """a, the style image's features, on a map of the image's size."""
    weights: Float[Tensor, "k"] = field(repr=False)
    """w along either axis, 2s + 1 values; `window_weights` makes the uniform window."""
    scale: float

    def __post_init__(self) -> None:
        _require_window(self.weights)

    @property
    def halo(self) -> int:
        """2s, the largest distance between two positions of a window."""
        return len(self.weights) - 1

    def summarize(self, feature: Feature, window: Window) -> Summary:
        if Size.of(self.target) != window.full_size:
            raise InputError(
                f"localized style compares position by position: the style image's map is {Size.of(self.target)}, the "
                f"optimized image's {window.full_size}; give the style image at that size."
            )
        return {"square": self._sum(feature, window, self._compare)}

    def score(self, summary: Summary) -> PerImage:
        square = summary["square"]
        return self.scale * (square + self._target_square.to(square))

    @cached_property
    @torch.no_grad()
    def _target_square(self) -> PerImage:
        """Σ_p ‖A(p)‖², the part of the loss that does not depend on the image."""
        return self._sum(self.target, Window.whole(Size.of(self.target)), PairBlocks.own_products)

    def _sum(self, feature: Feature, window: Window, of_blocks: Callable[[PairBlocks, Feature], PerImage]) -> PerImage:
        """Compute the sum over the blocks of a window, as many at a time as memory allows."""
        side = max(SMALLEST_BLOCK, self.halo // 2) if self.halo else 1
        around = (side + 2 * self.halo) ** 2
        at_a_time = max(1, CHUNK_NUMBERS // (len(feature) * around * (2 * feature.shape[1] + 4 * side**2)))
        given = window.expand(self.halo)
        chunks = []
        for blocks in PairBlocks.cut(window, side, at_a_time, self.weights):
            seen = blocks.window.expand(self.halo).relative_to(given)
            loss = partial(_of_columns, of_blocks, blocks, slice(seen.left, seen.right))
            chunks.append(LossChunk(slice(seen.top, seen.bottom), loss))
        return sum_chunks(as_float32(feature), chunks)

    def _compare(self, blocks: PairBlocks, feature: Feature) -> PerImage:
        """Return a chunk's sums that depend on the image; `feature` covers the blocks and their halo."""
        style = blocks.window.expand(self.halo).crop(self.target).to(feature)
        return blocks.own_products(feature) - 2 * blocks.products(feature, style)


def _of_columns(
    of_blocks: Callable[[PairBlocks, Feature], PerImage], blocks: PairBlocks, columns: slice, rows: Feature
) -> PerImage:
    return of_blocks(blocks, rows[..., columns])


def _require_window(weights: Tensor) -> None:
    if weights.ndim != 1 or len(weights) % 2 == 0:
        given = "×".join(str(side) for side in weights.shape)
        raise InputError(f"a window has an odd side, 2s + 1, and its weights along either axis; given: {given}.")


@torch.no_grad()
def content_guides(responses: Feature, size: Size, weights: Float[Tensor, "k"]) -> Guides:
    """Compute one guide for each content channel, over a map of `size` positions.

    u_k(q) = Σ_d w(d) 𝓕_k(q − d). Then Σ_p 𝓕_k(p) 𝒢(p), with 𝒢(p) = Σ_d w(d) f(p + d) f(p + d)ᵀ, is F diag(u_k) Fᵀ. So
    the covariance of content with windowed styles is a `GuidedGramLoss`, and costs K Gram matrices instead of one for
    each position.

    `responses` are content features of one image: of the content image for the generated image, of the style image for
    its target. Give only the channels that matter, since each becomes a guide. They are resampled to `size` with
    antialiasing. `weights` is w along either axis of a window of odd side; `window_weights` makes the uniform window.

    Source: Nikulin & Novak, 1602.07188 (who give no weights or layers).
    Differs: the responses come from the content image, not from the generated image during the optimization.

    Raises: InputError: more than one image, or a window of even side.
    """
    if len(responses) != 1:
        raise InputError(f"content guides are computed from one image; given: a batch of {len(responses)}.")
    _require_window(weights)
    resampled = functional.interpolate(as_float32(responses), tuple(size), mode="bilinear", antialias=True)
    kernel = torch.outer(weights, weights).flip(0, 1).to(resampled)[None, None]
    return functional.conv2d(resampled.transpose(0, 1), kernel, padding=len(weights) // 2)[:, 0]


def window_weights(half: int) -> Float[Tensor, "k"]:
    """Return the uniform window of half-size s along either axis: 2s + 1 weights that sum to 1.

    Raises: InputError: a negative half-size.
    """
    if half < 0:
        raise InputError(f"the half-size of a window is 0 or more; given: {half}.")
    side = 2 * half + 1
    return torch.full((side,), 1 / side, dtype=torch.float64)
