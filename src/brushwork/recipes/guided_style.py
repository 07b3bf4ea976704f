"""Style by regions: each part of a photograph in the style of a part of a painting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from brushwork.objective import Objective
from brushwork.perception.encoder import Encoder
from brushwork.picture.window import Size
from brushwork.recipes.balance import layer_shares
from brushwork.recipes.convention import Convention
from brushwork.recipes.guides import carried, feathered
from brushwork.recipes.loss_weights import LossName, loss_weights
from brushwork.recipes.losses import gaussian_term, sorted_term
from brushwork.recipes.parts_of_paintings import Part, Parts, cells_of
from brushwork.recipes.regions import Guiding, Region
from brushwork.recipes.share import Share
from brushwork.terms.guided import GuidedGram, GuidedMeanStd, normalized_guides
from brushwork.terms.term import AnyTerm
from brushwork.types import Image, Mask

if TYPE_CHECKING:
    from brushwork.recipes.transfer import Transfer


def region_objective(
    regions: Sequence[Region],
    paintings: Sequence[Image],
    size: Size,
    guiding: Guiding,
    options: Transfer,
    convention: Convention,
    encoder: Encoder,
    share: Share,
) -> Objective:
    """Style by regions; named as style without regions, sorted losses and those of Gaussians with the region's number.

    Each region has the share of the weight that `Convention.region_shares` says; where it has no cells at a layer, in
    the photograph or in its painting, it has no style there. `paintings` are those that are looked at, at the size at
    which they are.

    Source: Gatys et al., 1611.07865, section 4.
    """
    own = torch.cat([feathered(region.photograph, size, guiding.feather) for region in regions])
    parts = _parts(regions, paintings, guiding, options.style_layers, encoder, share)
    objective = Objective({})
    for layer, weight in layer_shares(options, convention):
        masks = carried(own, layer, encoder, guiding.way)
        objective += weight * _Layer(layer, masks, parts, options, convention).objective()
    return objective


def _parts(
    regions: Sequence[Region],
    paintings: Sequence[Image],
    guiding: Guiding,
    layers: Sequence[str],
    encoder: Encoder,
    share: Share,
) -> Sequence[Part]:
    """The part of a painting that belongs to each region."""
    found: dict[int, Part] = {}
    for number, painting in enumerate(paintings):
        mine = [index for index, region in enumerate(regions) if region.whose == number]
        if mine:
            masks = torch.cat([feathered(regions[one].painting, Size.of(painting), guiding.feather) for one in mine])
            parts = Parts(painting, masks, guiding.way, layers, encoder, share)
            found |= {index: Part(parts, place) for place, index in enumerate(mine)}
    return [found[index] for index in range(len(regions))]


@dataclass(frozen=True)
class _Layer:
    """The regions at a layer."""

    layer: str
    masks: Mask
    """Of the photograph."""
    parts: Sequence[Part]
    options: Transfer
    convention: Convention

    def objective(self) -> Objective:
        """All losses of the layer, weighed as the options say."""
        objective, options = Objective({}), self.options
        for name, share in loss_weights(options.loss).items():
            weight = share * options.style_weight * self.convention.balance.get(name, 1.0)
            if name == "gram":
                objective += Objective.one(f"style:{self.layer}", self._gram(), weight)
                if options.spread_weight:
                    objective += Objective.one(f"spread:{self.layer}", self._spread(), options.spread_weight)
            elif name == "moments":
                objective += Objective.one(f"moments:{self.layer}", self._spread(), weight)
            else:
                objective += weight * self._each(name)
        return objective

    def _gram(self) -> GuidedGram:
        grams = [part.moments(self.layer).gram for part in self.parts]
        shares = self._shares([self.convention.gram_norm(gram) for gram in grams])
        return GuidedGram(self.layer, normalized_guides(self.masks), torch.stack(grams, dim=1), 1.0, shares)

    def _spread(self) -> GuidedMeanStd:
        moments = [part.moments(self.layer) for part in self.parts]
        shares = self._shares([self.convention.spread_norm(one) for one in moments])
        mean, std = (torch.stack([getattr(one, name) for one in moments], dim=1) for name in ("mean", "std"))
        return GuidedMeanStd(self.layer, normalized_guides(self.masks), mean, std, 1.0, shares)

    def _shares(self, norms: Sequence[float]) -> Tensor:
        """The regions' shares of the weight, times their norms."""
        seen = torch.stack([mask.any() & part.carried(self.layer).any() for mask, part in self._pairs()])
        shares = self.convention.region_shares(self.masks)
        return shares * seen.to(self.masks) * shares.new_tensor(norms)

    def _each(self, name: LossName) -> Objective:
        """A term for each region that is seen in both pictures."""
        objective, shares = Objective({}), self.convention.region_shares(self.masks).tolist()
        for number, (mask, part) in enumerate(self._pairs()):
            term = self._term(name, mask, part)
            if term is not None:
                named = f"{name}:{self.layer}" + (f":{number + 1}" if len(self.parts) > 1 else "")
                objective += Objective.one(named, term, shares[number])
        return objective

    def _term(self, name: LossName, mask: Tensor, part: Part) -> AnyTerm | None:
        if name in ("covariance", "wasserstein"):
            if not (_anything(mask) and _anything(part.carried(self.layer))):
                return None
            guide = normalized_guides(mask[None])
            return gaussian_term(name, self.layer, part.gaussian(self.layer), self.convention, guide)
        cells, features = cells_of(mask), part.features(self.layer)
        if not _anything(cells) or not features.numel():
            return None
        norm = self.convention.spread_norm(part.moments(self.layer))
        return sorted_term(name, self.layer, features, norm, self.options.seed, cells)

    def _pairs(self) -> Iterator[tuple[Tensor, Part]]:
        return zip(self.masks, self.parts, strict=True)


def _anything(maps: Tensor) -> bool:
    """Whether there is anything in it; where nothing has numbers, there may be."""
    return maps.is_meta or bool(maps.any())
