"""Losses on Gram matrices: of the full image, and by region."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.images.color import COLOR_CHANNELS
from brushwork.images.geometry import Window
from brushwork.losses.guided_moments import guided_gram
from brushwork.losses.moments import count_positions, gram, gram_sums
from brushwork.losses.style_loss import Norms, RegionStatistics, StyleLossSpec, StyleTarget, register_loss
from brushwork.types import Feature, Guides, PerImage, Summary


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


def _make(target: StyleTarget, norms: Norms) -> GramLoss:
    gram = target.statistics.gram
    return GramLoss(target.layer, gram, norms.gram_norm(gram))


def _make_sums(target: StyleTarget, norms: Norms) -> GramLoss:
    """Return norm · ‖G − A‖²/M², where the norm is that of A/M_A.

    G and A are sums over all positions: the M positions of the optimized image's map, and the M_A of the style image's.

    Source: fzliu/style-transfer. With the norm 1/(4N²) this is 1508.06576, eq. 4, to the letter.
    """
    (style,) = target.features
    sums = gram(style)
    norm = norms.gram_norm(sums / count_positions(style).view(-1, 1, 1))
    return GramLoss(target.layer, sums / target.map_size.area, norm)


def _make_pixels(target: StyleTarget, norms: Norms) -> GramLoss:
    """Return norm · ‖G − A‖²/(2·3·P)², where P is the number of pixels of the optimized image, at every layer.

    Source: the Keras example of neural style transfer, which divides by 4·3²·(rows·columns)².
    """
    assert target.image_size is not None  # without images, a loss that needs them is refused earlier
    loss, numbers = _make_sums(target, norms), COLOR_CHANNELS * target.image_size.area
    return replace(loss, scale=loss.scale * (target.map_size.area / (2 * numbers)) ** 2)


def _make_regions(target: RegionStatistics, norms: Norms) -> GuidedGramLoss:
    grams = [one.gram for one in target.statistics]
    shares = target.weights * target.weights.new_tensor([norms.gram_norm(one) for one in grams])
    return GuidedGramLoss(target.layer, target.guides, torch.stack(grams, dim=1), 1.0, shares)


register_loss(
    StyleLossSpec(
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
    StyleLossSpec(
        name="gram-sums",
        help="Gram matrices, not divided by the number of positions",
        make=_make_sums,
        is_per_image=True,
    )
)
register_loss(
    StyleLossSpec(
        name="gram-pixels",
        help="Gram matrices, divided by the number of pixel values instead of positions",
        make=_make_pixels,
        is_per_image=True,
    )
)
