"""Style by regions: each region of the content image takes the style of a region of a style image."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from brushwork.controls.guides import feather, propagate_masks
from brushwork.controls.inputs import GuideOptions, StyleRegion
from brushwork.encoders.encoder import Encoder
from brushwork.gradients.grid_shift import GridShift
from brushwork.gradients.partition import Partition
from brushwork.images.geometry import Size
from brushwork.losses.guided_moments import normalize_guides
from brushwork.losses.style_loss import RegionStatistics, StyleLossSpec
from brushwork.objective import Objective
from brushwork.options import StyleOptions
from brushwork.recipes.guided_targets import GuidedStyleTargets, RegionTarget
from brushwork.recipes.normalization import LossNormalization
from brushwork.recipes.objectives import layer_weights
from brushwork.types import Image, Mask


def region_objectives(
    regions: Sequence[StyleRegion],
    styles: Sequence[Image],
    size: Size,
    guiding: GuideOptions,
    options: StyleOptions,
    seed: int,
    normalization: LossNormalization,
    encoder: Encoder,
    partition: Partition,
) -> Callable[[GridShift], Objective]:
    """Return the style objective by regions for each shifted image; the style targets are computed once.

    Losses have the same names as without regions; for sorted and Gaussian losses, the region's number is appended. Each
    region has the fraction of the weight that `LossNormalization.region_weights` returns. If it has no positions at a
    layer, in the content image or in its style image, it has no style loss there. `styles` are the style images,
    resized for encoding.

    Source: Gatys et al., 1611.07865, section 4.
    """
    own = torch.cat([feather(region.content, size, guiding.feather) for region in regions])
    parts = _parts(regions, styles, guiding, options.style_layers, encoder, partition)
    losses = normalization.weigh_losses(options)

    def objective(shift: GridShift) -> Objective:
        extended, found = shift.extend(own[None])[0], Objective({})
        for layer, layer_weight in layer_weights(options, normalization):
            masks = propagate_masks(extended, layer, encoder, guiding.way)
            targets = [
                RegionTarget(layer=layer, seed=seed, image_size=size, parts=part, place=place, mask=mask)
                for mask, (part, place) in zip(masks, parts, strict=True)
            ]
            for label, loss, weight in losses:
                added = _loss_by_regions(f"{label}:{layer}", loss, masks, targets, normalization)
                found += layer_weight * (weight * added)
        return found

    return objective


def _parts(
    regions: Sequence[StyleRegion],
    styles: Sequence[Image],
    guiding: GuideOptions,
    layers: Sequence[str],
    encoder: Encoder,
    partition: Partition,
) -> Sequence[tuple[GuidedStyleTargets, int]]:
    """Return, for each region, the targets of its style image, and its index among them."""
    found: dict[int, tuple[GuidedStyleTargets, int]] = {}
    for number, style in enumerate(styles):
        mine = [index for index, region in enumerate(regions) if region.style_index == number]
        if mine:
            masks = torch.cat([feather(regions[one].style, Size.of(style), guiding.feather) for one in mine])
            parts = GuidedStyleTargets(style, masks, guiding.way, layers, encoder, partition)
            found |= {index: (parts, place) for place, index in enumerate(mine)}
    return [found[index] for index in range(len(regions))]


def _loss_by_regions(
    name: str, loss: StyleLossSpec, masks: Mask, targets: Sequence[RegionTarget], normalization: LossNormalization
) -> Objective:
    """Return a style loss with weight 1: one for all regions, or one for each region present in both images."""
    weights = normalization.region_weights(masks)
    if loss.make_regions is not None:
        present = torch.tensor([target.is_present("guide") for target in targets])
        statistics = [target.statistics for target in targets]
        region_statistics = RegionStatistics(
            targets[0].layer, normalize_guides(masks), statistics, weights * present.to(weights)
        )
        return Objective.single(name, loss.make_regions(region_statistics, normalization))
    objective = Objective({})
    for number, (weight, target) in enumerate(zip(map(float, weights), targets, strict=True), start=1):
        if target.is_present(loss.regions):
            named = f"{name}:{number}" if len(targets) > 1 else name
            objective += Objective.single(named, loss.make(target, normalization), weight)
    return objective
