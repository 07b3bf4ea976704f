"""Targets of guided style losses: features and statistics of the regions of a style image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.controls.guides import MaskPropagation, propagate_masks
from brushwork.encoders.encoder import Encoder
from brushwork.gradients.partition import Partition, full_features, sum_over_style
from brushwork.images.geometry import Window
from brushwork.losses.guided import normalize_guides
from brushwork.losses.guided_moments import guided_gram, guided_mean, guided_mean_std_sums, guided_variance
from brushwork.losses.moment_matching import CovarianceLoss, GaussianTarget
from brushwork.losses.moments import Positions, count_positions, covariance, select_positions
from brushwork.style import LayerStatistics
from brushwork.types import Feature, Guides, Image, Mask, Summary

_HALF = 0.5


@dataclass(frozen=True)
class GuidedStyleTargets:
    """Targets of the regions of a style image at all style layers, computed on demand."""

    style: Image
    masks: Mask = field(repr=False)
    """One for each region, at the style image's size."""
    way: MaskPropagation
    layers: Sequence[str]
    encoder: Encoder
    share: Partition

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
        """Layer → mean and covariance of each region under its guide; zeros where its guide is empty."""
        sums = self._sums({f"{layer}:{place}": self._about(layer, place) for layer, place in self._places()})
        found: dict[str, list[GaussianTarget]] = {layer: [] for layer in self.layers}
        for layer, place in self._places():
            found[layer].append(GaussianTarget(self._means[layer][:, place], covariance(sums[f"{layer}:{place}"])))
        return found

    def cells(self, layer: str, place: int) -> Feature:
        """Return the features of the positions that belong to a region, as a row."""
        return select_positions(self._features[layer], region_positions(self.propagated_masks[layer][place]))

    def _about(self, layer: str, place: int) -> CovarianceLoss:
        """Return the sums of a region, shifted by its means."""
        means = self._means[layer][:, place]
        near = GaussianTarget(means, torch.zeros_like(means.mT @ means)[None])
        return CovarianceLoss(layer, near, 1.0, guide=self._guides[layer][place : place + 1])

    def _places(self) -> Iterator[tuple[str, int]]:
        return product(self.layers, range(len(self.masks)))

    @cached_property
    def _features(self) -> Mapping[str, Feature]:
        return full_features(self.encoder, self.style, self.layers, self.share)

    @cached_property
    def _guides(self) -> Mapping[str, Guides]:
        return {layer: normalize_guides(masks) for layer, masks in self.propagated_masks.items()}

    @cached_property
    def _means(self) -> Mapping[str, Float[Tensor, "1 k c"]]:
        """Means to shift all other sums by: sums around the mean do not cancel."""
        sums = self._sums({layer: _Sums(layer, guides) for layer, guides in self._guides.items()})
        return {layer: guided_mean(one, torch.zeros_like(one["first"])) for layer, one in sums.items()}

    def _sums(self, wanted: Mapping[str, _Sums | CovarianceLoss]) -> Mapping[str, Summary]:
        return sum_over_style(self.style, self.encoder, wanted, self.share)


@dataclass(frozen=True)
class RegionTargets:
    """Targets of one region of a style image."""

    parts: GuidedStyleTargets
    place: int

    def propagated_mask(self, layer: str) -> Guides:
        """Return its mask at a layer."""
        return self.parts.propagated_masks[layer][self.place]

    def moments(self, layer: str) -> LayerStatistics:
        return self.parts.moments[layer][self.place]

    def gaussian(self, layer: str) -> GaussianTarget:
        return self.parts.gaussians[layer][self.place]

    def features(self, layer: str) -> Feature:
        return self.parts.cells(layer, self.place)


def region_positions(mask: Float[Tensor, "h w"]) -> Positions:
    """Return the positions of a map that are more inside a region than outside; all of them on `meta`."""
    inside: Tensor = torch.ones_like(mask, dtype=torch.bool) if mask.is_meta else mask > _HALF
    return inside


def _moments(sums: Summary, near: Tensor, place: int) -> LayerStatistics:
    gram = sums["second"] / sums["cells"].view(-1, 1, 1, 1)
    mean, std = guided_mean(sums, near), guided_variance(sums).sqrt()
    return LayerStatistics(gram[:, place], mean[:, place], std[:, place])


@dataclass(frozen=True)
class _Sums:
    """Sums over the regions of a style image at a layer, shifted by values near the means.

    Without shifts, only the sums for the means.
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
        spread = guided_mean_std_sums(feature, guides, self.shifts)
        return {**spread, "cells": count_positions(feature), "second": guided_gram(feature, guides)}
