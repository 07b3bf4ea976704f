"""Style losses by region: moments weighted by guides, one set for each region."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.images.geometry import Window
from brushwork.losses.guided_moments import guided_gram, guided_mean, guided_mean_std_sums, guided_variance
from brushwork.losses.moments import count_positions
from brushwork.types import Feature, Guides, PerImage, Summary

SMALLEST_VARIANCE = 1e-12
"""Variance below which a channel counts as dead in a region.

The bound keeps the gradient of its standard deviation finite.
"""


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
class GuidedMeanStdLoss:
    """Guided mean and std loss, scale · Σ_r λ_r (‖μ_r − μ*_r‖² + std_weight · ‖σ_r − σ*_r‖²).

    The moments of region r are weighted by its guide u_r.

    Source: Gatys et al., 1611.07865 ("guided sums": means alone, `std_weight` 0); Galerne et al., 2212.13459 (both).
    Differs: weighted sums are divided by Σ u_r instead of the number of positions.
    """

    layer: str
    guides: Guides = field(repr=False)
    mean: Float[Tensor, "_ k c"] = field(repr=False)
    std: Float[Tensor, "_ k c"] = field(repr=False)
    scale: float
    shares: Float[Tensor, "k"] = field(repr=False)
    std_weight: float = 1.0
    halo: int = 0

    def summarize(self, feature: Feature, window: Window) -> Summary:
        return guided_mean_std_sums(feature, window.crop(self.guides), self.mean)

    def score(self, summary: Summary) -> PerImage:
        std = guided_variance(summary).clamp_min(SMALLEST_VARIANCE).sqrt()
        means = (guided_mean(summary, self.mean) - self.mean).square().sum(-1)
        return self.scale * ((means + self.std_weight * (std - self.std).square().sum(-1)) * self.shares.to(std)).sum(
            -1
        )


def normalize_guides(masks: Guides) -> Guides:
    """Return guides of mean 1 at a layer, u = T²/mean(T²), from masks at the size of its map.

    Empty masks stay 0.

    Source: the program of 1611.07865; content and style image are normalized separately.
    """
    squares = masks.square()
    means = squares.mean(dim=(1, 2), keepdim=True)
    return squares / torch.where(means > 0, means, 1.0)


def region_weights(image: Guides, style: Guides) -> Float[Tensor, "k"]:
    """Return λ_r = 1/R for each of the R regions, and 0 where either guide is empty at this layer.

    The authors skip such regions likewise.
    """
    seen = image.flatten(1).any(1) & style.flatten(1).any(1)
    return seen.to(image.dtype) / len(image)


@torch.no_grad()
def guided_gram_target(feature: Feature, guides: Guides) -> Float[Tensor, "_ k c c"]:
    """Return A_r = S_r/n of a style image under its own guides."""
    return guided_gram(feature, guides) / count_positions(feature).view(-1, 1, 1, 1)


@torch.no_grad()
def guided_mean_std_target(feature: Feature, guides: Guides) -> tuple[Float[Tensor, "b k c"], Float[Tensor, "b k c"]]:
    """Return μ*_r and σ*_r of a style image under its own guides."""
    zero = feature.new_zeros((1, len(guides), feature.shape[1]), dtype=torch.float32)
    near = guided_mean(guided_mean_std_sums(feature, guides, zero), zero)
    sums = guided_mean_std_sums(feature, guides, near)
    return guided_mean(sums, near), guided_variance(sums).sqrt()
