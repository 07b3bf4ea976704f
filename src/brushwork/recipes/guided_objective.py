"""Style by regions: each region of the content image in the style of a region of a style image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from brushwork.controls.guides import feather, propagate_masks
from brushwork.controls.inputs import GuideOptions, StyleRegion
from brushwork.encoders.encoder import Encoder
from brushwork.gradients.partition import Partition
from brushwork.images.geometry import Size
from brushwork.losses.guided import GuidedGramLoss, GuidedMeanStdLoss, normalize_guides
from brushwork.losses.loss import AnyLoss
from brushwork.objective import Objective
from brushwork.options.style_losses import LossName, parse_loss_weights
from brushwork.recipes.guided_targets import GuidedStyleTargets, RegionTargets, region_positions
from brushwork.recipes.normalization import LossNormalization
from brushwork.recipes.objectives import layer_weights
from brushwork.recipes.style_targets import make_gaussian_loss, make_sorted_loss
from brushwork.types import Image, Mask

if TYPE_CHECKING:
    from brushwork.recipes.style_transfer import TransferOptions


def region_objective(
    regions: Sequence[StyleRegion],
    styles: Sequence[Image],
    size: Size,
    guiding: GuideOptions,
    options: TransferOptions,
    normalization: LossNormalization,
    encoder: Encoder,
    partition: Partition,
) -> Objective:
    """Return the style objective by regions.

    Losses are named as without regions; sorted and Gaussian losses also have the region's number. Each region has the
    fraction of the weight that `LossNormalization.region_weights` returns; where it has no positions at a layer, in the
    content image or in its style image, it has no style loss there. `styles` are the style images, resized for
    encoding.

    Source: Gatys et al., 1611.07865, section 4.
    """
    own = torch.cat([feather(region.content, size, guiding.feather) for region in regions])
    parts = _parts(regions, styles, guiding, options.style_layers, encoder, partition)
    objective = Objective({})
    for layer, weight in layer_weights(options, normalization):
        masks = propagate_masks(own, layer, encoder, guiding.way)
        objective += weight * _Layer(layer, masks, parts, options, normalization).objective()
    return objective


def _parts(
    regions: Sequence[StyleRegion],
    styles: Sequence[Image],
    guiding: GuideOptions,
    layers: Sequence[str],
    encoder: Encoder,
    partition: Partition,
) -> Sequence[RegionTargets]:
    """Return the targets of each region, from its style image."""
    found: dict[int, RegionTargets] = {}
    for number, style in enumerate(styles):
        mine = [index for index, region in enumerate(regions) if region.style_index == number]
        if mine:
            masks = torch.cat([feather(regions[one].style, Size.of(style), guiding.feather) for one in mine])
            parts = GuidedStyleTargets(style, masks, guiding.way, layers, encoder, partition)
            found |= {index: RegionTargets(parts, place) for place, index in enumerate(mine)}
    return [found[index] for index in range(len(regions))]


@dataclass(frozen=True)
class _Layer:
    """Style losses of all regions at a layer."""

    layer: str
    masks: Mask
    """Masks of the content image at this layer."""
    parts: Sequence[RegionTargets]
    options: TransferOptions
    convention: LossNormalization

    def objective(self) -> Objective:
        """Return all losses of the layer, weighted as the options say."""
        objective, options = Objective({}), self.options
        for name, partition in parse_loss_weights(options.loss).items():
            weight = partition * options.style_weight * self.convention.balance.get(name, 1.0)
            if name == "gram":
                objective += Objective.single(f"style:{self.layer}", self._gram(), weight)
                if options.moment_weight:
                    objective += Objective.single(f"spread:{self.layer}", self._spread(), options.moment_weight)
            elif name == "moments":
                objective += Objective.single(f"moments:{self.layer}", self._spread(), weight)
            else:
                objective += weight * self._each(name)
        return objective

    def _gram(self) -> GuidedGramLoss:
        grams = [part.moments(self.layer).gram for part in self.parts]
        shares = self._shares([self.convention.gram_norm(gram) for gram in grams])
        return GuidedGramLoss(self.layer, normalize_guides(self.masks), torch.stack(grams, dim=1), 1.0, shares)

    def _spread(self) -> GuidedMeanStdLoss:
        moments = [part.moments(self.layer) for part in self.parts]
        shares = self._shares([self.convention.mean_std_norm(one) for one in moments])
        mean, std = (torch.stack([getattr(one, name) for one in moments], dim=1) for name in ("mean", "std"))
        return GuidedMeanStdLoss(self.layer, normalize_guides(self.masks), mean, std, 1.0, shares)

    def _shares(self, norms: Sequence[float]) -> Tensor:
        """Return the regions' fractions of the weight, times their norms."""
        seen = torch.stack([mask.any() & part.propagated_mask(self.layer).any() for mask, part in self._pairs()])
        shares = self.convention.region_weights(self.masks)
        return shares * seen.to(self.masks) * shares.new_tensor(norms)

    def _each(self, name: LossName) -> Objective:
        """Return one loss for each region that is present in both images."""
        objective, shares = Objective({}), self.convention.region_weights(self.masks).tolist()
        for number, (mask, part) in enumerate(self._pairs()):
            term = self._term(name, mask, part)
            if term is not None:
                named = f"{name}:{self.layer}" + (f":{number + 1}" if len(self.parts) > 1 else "")
                objective += Objective.single(named, term, shares[number])
        return objective

    def _term(self, name: LossName, mask: Tensor, part: RegionTargets) -> AnyLoss | None:
        if name in ("covariance", "wasserstein"):
            if not (_anything(mask) and _anything(part.propagated_mask(self.layer))):
                return None
            guide = normalize_guides(mask[None])
            return make_gaussian_loss(name, self.layer, part.gaussian(self.layer), self.convention, guide)
        positions, features = region_positions(mask), part.features(self.layer)
        if not _anything(positions) or not features.numel():
            return None
        norm = self.convention.mean_std_norm(part.moments(self.layer))
        return make_sorted_loss(name, self.layer, features, norm, self.options.seed, positions)

    def _pairs(self) -> Iterator[tuple[Tensor, RegionTargets]]:
        return zip(self.masks, self.parts, strict=True)


def _anything(maps: Tensor) -> bool:
    """Return whether any value is nonzero; always true on `meta`, where tensors have no values."""
    return maps.is_meta or bool(maps.any())
