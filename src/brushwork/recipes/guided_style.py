"""Style by regions: each part of a photograph in the style of a part of a painting."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from brushwork.objective import Objective
from brushwork.perception.encoder import Encoder
from brushwork.picture.window import Size
from brushwork.recipes.balance import layer_shares
from brushwork.recipes.convention import Convention
from brushwork.recipes.guides import carried, feathered
from brushwork.recipes.loss_weights import loss_weights
from brushwork.recipes.options import WeighingStyle
from brushwork.recipes.regions import Guiding, Model, Region, models_of
from brushwork.recipes.share import Share
from brushwork.style import Moments
from brushwork.terms.guided import GuidedGram, GuidedMeanStd, normalized_guides
from brushwork.types import Guides, Image


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
    own = torch.cat([feathered(region.photograph, size, guiding.feather) for region in regions])
    models = [
        models_of(regions, one, number, guiding, options.style_layers, encoder, share)
        for number, one in enumerate(paintings)
    ]
    objective = Objective({})
    for layer, weight in layer_shares(options, convention):
        guides = normalized_guides(carried(own, layer, encoder, guiding.way))
        found = [models[region.whose][layer, number] for number, region in enumerate(regions)]
        objective += weight * _layer(layer, guides, found, options, convention)
    return objective


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
    return GuidedGram(layer, guides, target, 1.0, seen * seen.new_tensor(norms))


def _spread(
    layer: str, guides: Guides, moments: Sequence[Moments], seen: Tensor, convention: Convention
) -> GuidedMeanStd:
    norms = [convention.spread_norm(one) / len(moments) for one in moments]
    mean, std = (torch.stack([getattr(one, part) for one in moments], dim=1) for part in ("mean", "std"))
    return GuidedMeanStd(layer, guides, mean, std, 1.0, seen * seen.new_tensor(norms))
