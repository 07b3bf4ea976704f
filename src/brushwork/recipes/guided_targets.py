"""Targets of guided style losses: features and statistics of a style image's regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.choices import MaskPropagation
from brushwork.controls.guides import propagate_masks
from brushwork.encoders.encoder import Encoder
from brushwork.gradients.partition import Partition, full_features, sum_over_style
from brushwork.images.geometry import Size, Window
from brushwork.losses.guided_moments import (
    guided_gram,
    guided_mean,
    guided_mean_std_sums,
    guided_variance,
    normalize_guides,
)
from brushwork.losses.moment_matching import CovarianceLoss
from brushwork.losses.moments import (
    GaussianTarget,
    LayerStatistics,
    Positions,
    count_positions,
    covariance,
    select_positions,
)
from brushwork.losses.style_loss import StyleTarget
from brushwork.types import Feature, Guides, Image, Mask, Summary

_HALF = 0.5


@dataclass(frozen=True)
class GuidedStyleTargets:
    """Targets of the regions of a style image at all style layers, computed on demand."""

    style: Image
    masks: Mask = field(repr=False)
    """One mask for each region, at the style image's size."""
    way: MaskPropagation
    layers: Sequence[str]
    encoder: Encoder
    partition: Partition

    @cached_property
    def propagated_masks(self) -> Mapping[str, Guides]:
        """The masks at every layer."""
        return {layer: propagate_masks(self.masks, layer, self.encoder, self.way) for layer in self.layers}

    @cached_property
    def moments(self) -> Mapping[str, Sequence[LayerStatistics]]:
        """Layer → moments of each region under its guide."""
        sums = self._sums({layer: _Sums(layer, self._guides[layer], near) for layer, near in self._means.items()})
        return {
            layer: [_moments(sums[layer], self._means[layer], place) for place in range(len(self.masks))]
            for layer in self.layers
        }

    @cached_property
    def gaussians(self) -> Mapping[str, Sequence[GaussianTarget]]:
        """Layer → mean and covariance of each region under its guide; an empty region's covariance is NaN."""
        sums = self._sums({f"{layer}:{place}": self._about(layer, place) for layer, place in self._places()})
        found: dict[str, list[GaussianTarget]] = {layer: [] for layer in self.layers}
        for layer, place in self._places():
            found[layer].append(GaussianTarget(self._means[layer][:, place], covariance(sums[f"{layer}:{place}"])))
        return found

    def region_features(self, layer: str, place: int) -> Feature:
        """Return the features at the positions of a region, in one row."""
        return select_positions(self._features[layer], region_positions(self.propagated_masks[layer][place]))

    def _about(self, layer: str, place: int) -> CovarianceLoss:
        """Return the loss whose sums over a region are taken about its means."""
        means = self._means[layer][:, place]
        near = GaussianTarget(means, torch.zeros_like(means.mT @ means)[None])
        return CovarianceLoss(layer, near, 1.0, guide=self._guides[layer][place : place + 1])

    def _places(self) -> Iterator[tuple[str, int]]:
        return product(self.layers, range(len(self.masks)))

    @cached_property
    def _features(self) -> Mapping[str, Feature]:
        return full_features(self.encoder, self.style, self.layers, self.partition)

    @cached_property
    def _guides(self) -> Mapping[str, Guides]:
        return {layer: normalize_guides(masks) for layer, masks in self.propagated_masks.items()}

    @cached_property
    def _means(self) -> Mapping[str, Float[Tensor, "1 k c"]]:
        """Means by which all other sums are shifted, since sums about the mean do not cancel."""
        sums = self._sums({layer: _Sums(layer, guides) for layer, guides in self._guides.items()})
        return {layer: guided_mean(one, torch.zeros_like(one["first"])) for layer, one in sums.items()}

    def _sums(self, sums: Mapping[str, _Sums | CovarianceLoss]) -> Mapping[str, Summary]:
        return sum_over_style(self.style, self.encoder, sums, self.partition)


@dataclass(frozen=True, kw_only=True)
class RegionTarget(StyleTarget):
    """Target of a style loss at a layer: a region of a style image, for a region of the optimized image."""

    parts: GuidedStyleTargets
    place: int
    mask: Float[Tensor, "h w"] = field(repr=False)
    """The region of the optimized image at this layer."""

    @property
    def statistics(self) -> LayerStatistics:
        return self.parts.moments[self.layer][self.place]

    @property
    def gaussian(self) -> GaussianTarget:
        return self.parts.gaussians[self.layer][self.place]

    @property
    def features(self) -> Sequence[Feature]:
        return [self.parts.region_features(self.layer, self.place)]

    @property
    def map_size(self) -> Size:
        return Size(*self.mask.shape)

    @property
    def guide(self) -> Guides:
        return normalize_guides(self.mask[None])

    @property
    def positions(self) -> Positions:
        return region_positions(self.mask)

    def is_present(self, kind: Literal["guide", "positions"] | None) -> bool:
        """Return whether both regions have positions here; always True on `meta`, where tensors have no values."""
        mine, style = self.mask, self.parts.propagated_masks[self.layer][self.place]
        if kind == "positions":
            mine, style = region_positions(mine), region_positions(style)
        return mine.is_meta or bool(mine.any() and style.any())


def region_positions(mask: Float[Tensor, "h w"]) -> Positions:
    """Return the positions of a map that lie more inside a region than outside; all of them on `meta`."""
    inside: Tensor = torch.ones_like(mask, dtype=torch.bool) if mask.is_meta else mask > _HALF
    return inside


def _moments(sums: Summary, near: Tensor, place: int) -> LayerStatistics:
    gram = sums["second"] / sums["positions"].view(-1, 1, 1, 1)
    mean, std = guided_mean(sums, near), guided_variance(sums).sqrt()
    return LayerStatistics(gram[:, place], mean[:, place], std[:, place])


@dataclass(frozen=True)
class _Sums:
    """Sums over the regions of a style image at a layer, shifted by values near the means.

    Without shifts, there are only the sums for the means.
    """

    layer: str
    guides: Guides
    shifts: Float[Tensor, "_ k c"] | None = None
    halo: int = 0

    def summarize(self, feature: Feature, window: Window) -> Summary:
        guides = window.crop(self.guides)
        if self.shifts is None:
            zeros = feature.new_zeros((1, len(guides), feature.shape[1]), dtype=torch.float32)
            return guided_mean_std_sums(feature, guides, zeros)
        mean_std = guided_mean_std_sums(feature, guides, self.shifts)
        return {**mean_std, "positions": count_positions(feature), "second": guided_gram(feature, guides)}
