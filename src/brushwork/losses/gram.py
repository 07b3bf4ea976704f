"""Losses on Gram matrices: plain, by region, projected, shifted, and single entries."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.geometry import Size, Window
from brushwork.losses.guided_moments import guided_gram
from brushwork.losses.moments import as_float32, count_positions, flatten_positions, gram, gram_sums
from brushwork.losses.style_loss import Norms, RegionStatistics, StyleLoss, StyleTarget, register_loss
from brushwork.types import Feature, Guides, PerImage, Summary

COLOR_CHANNELS = 3


@dataclass(frozen=True)
class GramLoss:
    """Gram loss, scale · ‖G/M − A/M_A‖², with G = Σ_p f fᵀ over the M positions of the image.

    `scale` is 1/(4N²) in the paper, 1/N² or 1/N⁴ in programs (N channels).

    Source: 1508.06576, eq. 3 and 4.
    Differs: G and A are each divided by their own number of positions, as in all of the authors' code, so that the loss
    does not depend on the sizes of the content and style images. At equal sizes this is the printed formula.
    """

    layer: str
    target: Float[Tensor, "_ c c"] = field(repr=False)
    """A/M_A, the style image's Gram matrix divided by its number of positions."""
    scale: float
    halo: int = 0

    def summarize(self, feature: Feature, window: Window) -> Summary:
        return gram_sums(feature)

    def score(self, summary: Summary) -> PerImage:
        gram = summary["second"] / summary["count"].view(-1, 1, 1)
        return self.scale * (gram - self.target).square().flatten(1).sum(-1)


@dataclass(frozen=True)
class GuidedGramLoss:
    """Gram loss by regions, scale · Σ_r λ_r ‖S_r/n − A_r‖².

    S_r = Σ_p u_r(p) f(p) f(p)ᵀ over the n positions of the image. With the guides of `normalize_guides` (u = T², of
    mean 1) this is the loss of guided styles; with those of `content_guides` it is the style-content covariance.

    Source: Gatys et al., 1611.07865, and the authors' program (scale 1/N², N channels; λ_r = 1/R).
    """

    layer: str
    guides: Guides = field(repr=False)
    """u_r, one map over all positions of the image for each region."""
    target: Float[Tensor, "_ k c c"] = field(repr=False)
    """A_r, the style images' S_r/n under their own guides."""
    scale: float
    shares: Float[Tensor, "k"] = field(repr=False)
    """λ_r; see `region_weights`."""
    halo: int = 0

    def summarize(self, feature: Feature, window: Window) -> Summary:
        return {"count": count_positions(feature), "second": guided_gram(feature, window.crop(self.guides))}

    def score(self, summary: Summary) -> PerImage:
        grams = summary["second"] / summary["count"].view(-1, 1, 1, 1)
        return self.scale * ((grams - self.target).square().sum((2, 3)) * self.shares.to(grams)).sum(-1)


@dataclass(frozen=True)
class ProjectedGramLoss:
    """Gram loss in a subspace, scale · ‖D (G/M) Dᵀ − T‖².

    G = Σ_p f fᵀ over the M positions, and D holds the directions that are kept. With k directions of c channels,
    k(k + 1)/2 numbers are matched instead of c(c + 1)/2.

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
    """Return the directions of a style image's largest second moments, and its target for them.

    There are `most` directions, or as many as channels. They are eigenvectors of A/M_A, from which no mean is removed.
    The target is diagonal and holds the eigenvalues.

    Raises: InputError: features of several images, or no direction requested.
    """
    if len(feature) != 1 or most < 1:
        raise InputError(f"use 1 or more directions, and a batch of one image; given: {most}, of {len(feature)}.")
    moments = gram(feature)[0] / count_positions(feature)
    values, axes = torch.linalg.eigh(moments.double())
    kept = min(most, len(values))
    chosen = values.flip(0)[:kept].clamp_min(0)
    return axes.flip(1)[:, :kept].mT.contiguous().to(moments), torch.diag(chosen).to(moments)[None]


@dataclass(frozen=True)
class ShiftedGramLoss:
    """Gram loss of shifted features, scale · ‖S/n − target‖², S = Σ_p (f(p) − zero)(f(p + δ) − zero)ᵀ.

    The sum runs over the n positions p for which p + δ is in the map.

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

    S_ij = Σ_p f_i(p) f_j(p); minus raises the entries, plus lowers them. The loss is not bounded from below: optimize
    it with bounded pixels or on a sphere.

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


def _make(target: StyleTarget, norms: Norms) -> GramLoss:
    gram = target.statistics.gram
    return GramLoss(target.layer, gram, norms.gram_norm(gram))


def _make_sums(target: StyleTarget, norms: Norms) -> GramLoss:
    """Return norm · ‖G − A‖²/M², where the norm is that of A/M_A.

    G and A are sums over all positions, M of the optimized image's map and M_A of the style image's.

    Source: fzliu/style-transfer. With the norm 1/(4N²) this is 1508.06576, eq. 4, to the letter.
    """
    (style,) = target.features
    sums = gram(style)
    norm = norms.gram_norm(sums / count_positions(style).view(-1, 1, 1))
    return GramLoss(target.layer, sums / target.map_size.area, norm)


def _make_pixels(target: StyleTarget, norms: Norms) -> GramLoss:
    """Return norm · ‖G − A‖²/(2·3·P)² with P the pixels of the optimized image, at every layer.

    Source: the Keras example of neural style transfer, which divides by 4·3²·(rows·columns)².
    """
    assert target.image_size is not None  # losses that need images are refused without them
    loss, numbers = _make_sums(target, norms), COLOR_CHANNELS * target.image_size.area
    return replace(loss, scale=loss.scale * (target.map_size.area / (2 * numbers)) ** 2)


def _make_regions(target: RegionStatistics, norms: Norms) -> GuidedGramLoss:
    grams = [one.gram for one in target.statistics]
    shares = target.weights * target.weights.new_tensor([norms.gram_norm(one) for one in grams])
    return GuidedGramLoss(target.layer, target.guides, torch.stack(grams, dim=1), 1.0, shares)


register_loss(
    StyleLoss(
        name="gram",
        label="style",
        help="Gram matrices",
        make=_make,
        needs_image=False,
        regions="guide",
        make_regions=_make_regions,
    )
)
register_loss(
    StyleLoss(
        name="gram-sums",
        help="Gram matrices, not divided by the number of positions",
        make=_make_sums,
        is_per_image=True,
    )
)
register_loss(
    StyleLoss(
        name="gram-pixels",
        help="Gram matrices, divided by the number of pixel values instead of positions",
        make=_make_pixels,
        is_per_image=True,
    )
)
