"""Regions: a part of a photograph, and the part of a painting it is painted after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.errors import InputError
from brushwork.perception.encoder import Encoder
from brushwork.picture.window import Size, Window
from brushwork.recipes.guides import Carrying, carried, feathered
from brushwork.recipes.kept_style import KeptStyle
from brushwork.recipes.share import Share
from brushwork.recipes.summing import sums_over
from brushwork.style import Moments
from brushwork.terms.guided import normalized_guides
from brushwork.terms.moments import count
from brushwork.terms.regions import guided_gram, guided_mean, guided_spread_sums, guided_variance
from brushwork.types import Feature, Guides, Image, Mask, Summary


@dataclass(frozen=True)
class Region:
    """A part of the photograph, and the part of a painting after which it is painted."""

    photograph: Mask = field(repr=False)
    """Weights in [0, 1], one map; of any size with the photograph's proportions."""
    painting: Mask = field(repr=False)
    """The same over the painting."""
    whose: int = 0
    """Number of the painting, from 0."""

    def to(self, device: torch.device) -> Region:
        """The same on a device."""
        return replace(self, photograph=self.photograph.to(device), painting=self.painting.to(device))


class Guiding(NamedTuple):
    """How masks become guides."""

    way: Carrying
    feather: float
    """Pixels at the size of now."""


class Model(NamedTuple):
    """Moments of a painting's part at a layer."""

    seen: Float[Tensor, ""]
    """Whether any cell there belongs to the part."""
    moments: Moments


def require_regions(regions: Sequence[Region], paintings: Sequence[Image | KeptStyle], blend: Sequence[float]) -> None:
    """Refuse regions that the paintings cannot serve.

    Raises: InputError: a region of a painting that is not there or of which only the style was kept, a painting
    without a region, masks of several maps, or weights of a blend.
    """
    for number, painting in enumerate(paintings):
        if isinstance(painting, KeptStyle):
            raise InputError(
                f"of {painting.source} only the style is kept, which has no regions: give the painting itself."
            )
        if all(region.whose != number for region in regions):
            raise InputError(f"painting {number + 1} has no region: give a mask for each painting.")
    for number, region in enumerate(regions, start=1):
        if not 0 <= region.whose < len(paintings):
            raise InputError(f"region {number} is of painting {region.whose + 1}, and {len(paintings)} are given.")
        for mask in (region.photograph, region.painting):
            if len(mask) != 1:
                raise InputError(f"region {number} has masks of {len(mask)} maps: give one map for each.")
    if regions and blend:
        raise InputError("regions say which painting is taken where: leave style-blend away, or the regions.")


@torch.no_grad()
def models_of(
    regions: Sequence[Region],
    painting: Image,
    number: int,
    guiding: Guiding,
    layers: Sequence[str],
    encoder: Encoder,
    share: Share,
) -> Mapping[tuple[str, int], Model]:
    """(layer, number of the region) → its moments, for the regions of a painting, given at the size of now."""
    mine = [index for index, region in enumerate(regions) if region.whose == number]
    if not mine:
        return {}
    masks = torch.cat([feathered(regions[index].painting, Size.of(painting), guiding.feather) for index in mine])
    guides = {layer: normalized_guides(carried(masks, layer, encoder, guiding.way)) for layer in layers}
    first = sums_over(painting, encoder, {layer: _Sums(layer, guides[layer]) for layer in layers}, share)
    near = {layer: guided_mean(sums, torch.zeros_like(sums["first"])) for layer, sums in first.items()}
    sums = sums_over(painting, encoder, {layer: _Sums(layer, guides[layer], near[layer]) for layer in layers}, share)
    return {
        (layer, index): Model(guides[layer][place].any(), _moments(sums[layer], near[layer], place))
        for layer in layers
        for place, index in enumerate(mine)
    }


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
