"""Regions: each part of a photograph in the style of a part of a painting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.errors import InputError
from brushwork.objective import Objective
from brushwork.perception.encoder import Encoder
from brushwork.picture.window import Size, Window
from brushwork.recipes.balance import layer_shares
from brushwork.recipes.convention import Convention
from brushwork.recipes.guides import Carrying, carried, feathered
from brushwork.recipes.kept_style import KeptStyle
from brushwork.recipes.loss_weights import loss_weights
from brushwork.recipes.options import WeighingStyle
from brushwork.recipes.share import Share
from brushwork.recipes.summing import sums_over
from brushwork.style import Moments
from brushwork.terms.guided import GuidedGram, GuidedMeanStd, normalized_guides
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


def region_objective(
    regions: Sequence[Region],
    paintings: Sequence[Image],
    size: Size,
    guiding: Guiding,
    options: WeighingStyle,
    convention: Convention,
    encoder: Encoder,
    share: Share,
) -> Objective:
    """Style by regions, 1/R each of R regions; named as style without regions. Where a region has no cells at a layer,
    in the photograph or in its painting, it has no style there.

    `paintings` are those that are looked at, at the size at which they are.

    Source: Gatys et al., 1611.07865, section 4.
    """
    own = _stacked([feathered(region.photograph, size, guiding.feather) for region in regions])
    models = [_models(one, regions, number, guiding, options, encoder, share) for number, one in enumerate(paintings)]
    objective = Objective({})
    for layer, weight in layer_shares(options, convention):
        guides = carried(own, layer, encoder, guiding.way)
        found = [models[region.whose][layer, number] for number, region in enumerate(regions)]
        objective += weight * _layer(layer, guides, found, options, convention)
    return objective


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


def _layer(
    layer: str, guides: Guides, models: Sequence[Model], options: WeighingStyle, convention: Convention
) -> Objective:
    seen = torch.stack([guide.any() & model.seen for guide, model in zip(guides, models, strict=True)]).to(guides)
    moments = [model.moments for model in models]
    objective = Objective({})
    for name, share in loss_weights(options.loss).items():
        weight = share * options.style_weight
        if name == "gram":
            objective += Objective.one(f"style:{layer}", _gram(layer, guides, moments, seen, convention), weight)
            if options.spread_weight:
                term = _spread(layer, guides, moments, seen, convention)
                objective += Objective.one(f"spread:{layer}", term, options.spread_weight)
        else:
            term = _spread(layer, guides, moments, seen, convention)
            objective += Objective.one(f"{name}:{layer}", term, weight)
    return objective


def _gram(layer: str, guides: Guides, moments: Sequence[Moments], seen: Tensor, convention: Convention) -> GuidedGram:
    norms = [convention.gram_norm(one.gram) / len(moments) for one in moments]
    target = torch.stack([one.gram for one in moments], dim=1)
    return GuidedGram(layer, normalized_guides(guides), target, 1.0, seen * seen.new_tensor(norms))


def _spread(
    layer: str, guides: Guides, moments: Sequence[Moments], seen: Tensor, convention: Convention
) -> GuidedMeanStd:
    norms = [convention.spread_norm(one) / len(moments) for one in moments]
    mean, std = (torch.stack([getattr(one, part) for one in moments], dim=1) for part in ("mean", "std"))
    return GuidedMeanStd(layer, normalized_guides(guides), mean, std, 1.0, seen * seen.new_tensor(norms))


@torch.no_grad()
def _models(
    painting: Image,
    regions: Sequence[Region],
    number: int,
    guiding: Guiding,
    options: WeighingStyle,
    encoder: Encoder,
    share: Share,
) -> Mapping[tuple[str, int], Model]:
    """(layer, region) → its moments, for the regions of one painting."""
    mine = [index for index, region in enumerate(regions) if region.whose == number]
    if not mine:
        return {}
    masks = _stacked([feathered(regions[index].painting, Size.of(painting), guiding.feather) for index in mine])
    layers = options.style_layers
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


def _stacked(masks: Sequence[Mask]) -> Mask:
    return torch.cat(list(masks))
