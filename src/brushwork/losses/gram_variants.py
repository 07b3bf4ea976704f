"""Losses on projected or shifted Gram matrices and on single entries, for objectives composed in Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.color_transfer import exact
from brushwork.images.geometry import Size, Window
from brushwork.losses.moments import as_float32, count_positions, flatten_positions, gram
from brushwork.types import Feature, PerImage, Summary


@dataclass(frozen=True)
class ProjectedGramLoss:
    """Gram loss in a subspace, scale · ‖D (G/M) Dᵀ − T‖².

    G = Σ_p f fᵀ over the M positions, and D holds the directions to keep. With k directions of c channels, the loss
    matches k(k + 1)/2 numbers instead of c(c + 1)/2.

    Source: Gatys, Ecker, Bethge, 1505.07376, section 4 (the model of 10k parameters: 64 components for each layer).
    """

    layer: str
    directions: Float[Tensor, "k c"] = field(repr=False)
    """D, one direction per row; see `principal_directions`."""
    target: Float[Tensor, "_ k k"] = field(repr=False)
    """T = D (A/M_A) Dᵀ of the style image."""
    scale: float
    halo: int = 0

    def summarize(self, feature: Feature, window: Window) -> Summary:
        columns = flatten_positions(feature)
        projected = self.directions.to(columns) @ columns
        return {"count": count_positions(feature), "second": projected @ projected.mT}

    def score(self, summary: Summary) -> PerImage:
        projected = summary["second"] / summary["count"].view(-1, 1, 1)
        return self.scale * (projected - self.target).square().flatten(1).sum(-1)


@torch.no_grad()
def principal_directions(feature: Feature, most: int) -> tuple[Float[Tensor, "k c"], Float[Tensor, "1 k k"]]:
    """Return the directions of a style image's largest second moments, and the target for them.

    There are `most` directions, but no more than channels. They are the eigenvectors of A/M_A; the mean is not removed.
    The target is diagonal and holds the eigenvalues.

    Raises: InputError: features of several images, or no direction requested.
    """
    if len(feature) != 1 or most < 1:
        raise InputError(f"use 1 or more directions, and a batch of one image; given: {most}, of {len(feature)}.")
    moments = gram(feature)[0] / count_positions(feature)
    values, axes = torch.linalg.eigh(exact(moments))
    kept = min(most, len(values))
    chosen = values.flip(0)[:kept].clamp_min(0)
    return axes.flip(1)[:, :kept].mT.contiguous().to(moments), torch.diag(chosen).to(moments)[None]


@dataclass(frozen=True)
class ShiftedGramLoss:
    """Gram loss of shifted features, scale · ‖S/n − target‖², S = Σ_p (f(p) − zero)(f(p + δ) − zero)ᵀ.

    The sum runs over the n positions p for which p + δ lies in the map.

    Source: Novak & Nikulin, 1605.04603 (`zero` 1, the activation shift); Berger & Memisevic, 1606.01286 (`offset`).
    Differs: Berger & Memisevic shift copies of the full map by δ and average their losses; here one loss is one δ.

    Raises: InputError: no two positions of the map are δ apart.
    """

    layer: str
    target: Float[Tensor, "_ c c"] = field(repr=False)
    scale: float
    zero: float = 0.0
    offset: tuple[int, int] = (0, 0)
    """δ, rows down and columns to the right, in positions."""

    @property
    def halo(self) -> int:
        return max(map(abs, self.offset))

    def summarize(self, feature: Feature, window: Window) -> Summary:
        return _pairs(feature, window, self.zero, self.offset)

    def score(self, summary: Summary) -> PerImage:
        gram = summary["second"] / summary["count"].view(-1, 1, 1)
        return self.scale * (gram - self.target).square().flatten(1).sum(-1)


@torch.no_grad()
def shifted_target(feature: Feature, zero: float = 0.0, offset: tuple[int, int] = (0, 0)) -> Float[Tensor, "_ c c"]:
    """Return the style image's S/n, for a `ShiftedGramLoss` with the same `zero` and `offset`."""
    sums = _pairs(feature, Window.whole(Size.of(feature)), zero, offset)
    return sums["second"] / sums["count"].view(-1, 1, 1)


def _pairs(feature: Feature, window: Window, zero: float, offset: tuple[int, int]) -> Summary:
    """Compute Σ 1 and Σ (f(p) − zero)(f(p + δ) − zero)ᵀ over the pairs with p in the window."""
    (down, right), grown = offset, window.expand(max(map(abs, offset)))
    if abs(down) >= window.full_size.height or abs(right) >= window.full_size.width:
        raise InputError(
            f"no two positions of a map of {window.full_size} lie {offset} (rows, columns) apart: use a smaller offset."
        )
    top, bottom = max(window.top, -down), min(window.bottom, window.full_size.height - down)
    left, end = max(window.left, -right), min(window.right, window.full_size.width - right)
    here = Window(top - grown.top, left - grown.left, max(0, bottom - top), max(0, end - left), Size.of(feature))
    there = Window(here.top + down, here.left + right, here.height, here.width, here.full_size)
    own, other = ((as_float32(part.crop(feature)) - zero).flatten(2) for part in (here, there))
    return {"count": own.new_full((len(own),), own.shape[-1]), "second": own @ other.mT}


@dataclass(frozen=True)
class GramEntryLoss:
    """Loss that raises or lowers single Gram entries, ∓scale · Σ_(i,j) S_ij/n.

    S_ij = Σ_p f_i(p) f_j(p). Minus raises the entries, plus lowers them. The loss has no lower bound: optimize it with
    bounded pixels or on a sphere.

    Source: Nikulin & Novak, 1602.07188 (images that maximize one entry; i = j and i ≠ j).

    Raises: InputError: no entries, or a channel that the layer does not have.
    """

    layer: str
    entries: tuple[tuple[int, int], ...]
    """Pairs of channels (i, j), counted from 0."""
    scale: float = 1.0
    direction: Literal["up", "down"] = "up"
    halo: int = 0

    def __post_init__(self) -> None:
        if not self.entries or min(map(min, self.entries)) < 0:
            raise InputError(f"Gram entries are one or more pairs of channels, 0 or more; given: {self.entries}.")

    def summarize(self, feature: Feature, window: Window) -> Summary:
        columns = flatten_positions(feature)
        self._check(columns.shape[1])
        first, second = zip(*self.entries, strict=True)
        return {"count": count_positions(feature), "product": (columns[:, first] * columns[:, second]).sum((1, 2))}

    def score(self, summary: Summary) -> PerImage:
        sign = -1 if self.direction == "up" else 1
        return sign * self.scale * summary["product"] / summary["count"]

    def _check(self, channels: int) -> None:
        largest = max(map(max, self.entries))
        if largest >= channels:
            raise InputError(f"{self.layer} has channels 0 to {channels - 1}; given: {largest}.")
