"""What the network sees of the parts of a painting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.perception.encoder import Encoder
from brushwork.picture.window import Window
from brushwork.recipes.guides import Carrying, carried
from brushwork.recipes.share import Share, whole_features
from brushwork.recipes.summing import sums_over
from brushwork.style import Moments
from brushwork.terms.gaussian import CovarianceStyle, Gaussian
from brushwork.terms.guided import normalized_guides
from brushwork.terms.moments import Cells, chosen, count, covariance
from brushwork.terms.regions import guided_gram, guided_mean, guided_spread_sums, guided_variance
from brushwork.types import Feature, Guides, Image, Mask, Summary

_HALF = 0.5


@dataclass(frozen=True)
class Parts:
    """The parts of a painting at all style layers; made when a loss asks for them."""

    painting: Image
    masks: Mask = field(repr=False)
    """One for each part, at the painting's size."""
    way: Carrying
    layers: Sequence[str]
    encoder: Encoder
    share: Share

    @cached_property
    def carried(self) -> Mapping[str, Guides]:
        """The masks at every layer."""
        return {layer: carried(self.masks, layer, self.encoder, self.way) for layer in self.layers}

    @cached_property
    def moments(self) -> Mapping[str, Sequence[Moments]]:
        """Layer → of each part, the moments under its guide."""
        sums = self._sums({layer: _Sums(layer, self._guides[layer], near) for layer, near in self._means.items()})
        return {
            layer: [_moments(sums[layer], self._means[layer], place) for place in range(len(self.masks))]
            for layer in self.layers
        }

    @cached_property
    def gaussians(self) -> Mapping[str, Sequence[Gaussian]]:
        """Layer → of each part, mean and covariance under its guide; of nothing, where its guide is empty."""
        sums = self._sums({f"{layer}:{place}": self._about(layer, place) for layer, place in self._places()})
        found: dict[str, list[Gaussian]] = {layer: [] for layer in self.layers}
        for layer, place in self._places():
            found[layer].append(Gaussian(self._means[layer][:, place], covariance(sums[f"{layer}:{place}"])))
        return found

    def cells(self, layer: str, place: int) -> Feature:
        """The features of the cells that belong to a part, in a row."""
        return chosen(self._features[layer], cells_of(self.carried[layer][place]))

    def _about(self, layer: str, place: int) -> CovarianceStyle:
        """The sums of a part about its means."""
        means = self._means[layer][:, place]
        near = Gaussian(means, torch.zeros_like(means.mT @ means)[None])
        return CovarianceStyle(layer, near, 1.0, guide=self._guides[layer][place : place + 1])

    def _places(self) -> Iterator[tuple[str, int]]:
        return product(self.layers, range(len(self.masks)))

    @cached_property
    def _features(self) -> Mapping[str, Feature]:
        return whole_features(self.encoder, self.painting, self.layers, self.share)

    @cached_property
    def _guides(self) -> Mapping[str, Guides]:
        return {layer: normalized_guides(masks) for layer, masks in self.carried.items()}

    @cached_property
    def _means(self) -> Mapping[str, Float[Tensor, "1 k c"]]:
        """Shifts for all that follows: about the mean, sums do not cancel."""
        sums = self._sums({layer: _Sums(layer, guides) for layer, guides in self._guides.items()})
        return {layer: guided_mean(one, torch.zeros_like(one["first"])) for layer, one in sums.items()}

    def _sums(self, wanted: Mapping[str, _Sums | CovarianceStyle]) -> Mapping[str, Summary]:
        return sums_over(self.painting, self.encoder, wanted, self.share)


@dataclass(frozen=True)
class Part:
    """One part of a painting."""

    parts: Parts
    place: int

    def carried(self, layer: str) -> Guides:
        """Its mask at a layer."""
        return self.parts.carried[layer][self.place]

    def moments(self, layer: str) -> Moments:
        return self.parts.moments[layer][self.place]

    def gaussian(self, layer: str) -> Gaussian:
        return self.parts.gaussians[layer][self.place]

    def features(self, layer: str) -> Feature:
        return self.parts.cells(layer, self.place)


def cells_of(mask: Float[Tensor, "h w"]) -> Cells:
    """The cells of a map that are more in a region than out of it; where nothing has numbers, all."""
    inside: Tensor = torch.ones_like(mask, dtype=torch.bool) if mask.is_meta else mask > _HALF
    return inside


def _moments(sums: Summary, near: Tensor, place: int) -> Moments:
    gram = sums["second"] / sums["cells"].view(-1, 1, 1, 1)
    mean, std = guided_mean(sums, near), guided_variance(sums).sqrt()
    return Moments(gram[:, place], mean[:, place], std[:, place])


@dataclass(frozen=True)
class _Sums:
    """Everything that is taken of a painting's parts at a layer, about shifts near the means; without them, the means
    alone."""

    tap: str
    guides: Guides
    shifts: Float[Tensor, "_ k c"] | None = None
    reach: int = 0

    def summarize(self, feature: Feature, window: Window) -> Summary:
        guides = window.crop(self.guides)
        if self.shifts is None:
            zeros = feature.new_zeros((1, len(guides), feature.shape[1]), dtype=torch.float32)
            return guided_spread_sums(feature, guides, zeros)
        spread = guided_spread_sums(feature, guides, self.shifts)
        return {**spread, "cells": count(feature), "second": guided_gram(feature, guides)}
