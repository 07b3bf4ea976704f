"""From a photograph, a style and weights to an objective."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from brushwork.errors import InputError
from brushwork.objective import Objective
from brushwork.perception.encoder import Encoder
from brushwork.picture.window import Size
from brushwork.recipes.convention import Convention
from brushwork.recipes.loss_weights import MOMENTS_ONLY, loss_weights, require_among
from brushwork.recipes.losses import Models, loss_terms
from brushwork.recipes.options import WeighingStyle
from brushwork.recipes.share import ALONE, Share
from brushwork.recipes.smoothness import Smoothness, total_variation
from brushwork.style import Moments, Style
from brushwork.terms.content import Content
from brushwork.terms.spread import MeanStd
from brushwork.terms.style import GramStyle
from brushwork.types import Image


@torch.no_grad()
def content_objective(
    photograph: Image,
    encoder: Encoder,
    layers: Sequence[str],
    weight: float,
    convention: Convention,
    painting: Style | None = None,
    share: Share = ALONE,
) -> Objective:
    """weight · Σ_l content loss; the terms are named `content:LAYER`.

    `painting` is the style at the content layers, for a convention that measures content by it. The targets are those
    of this process's share of the photograph.
    """
    objective = Objective({})
    for layer, (feature, top, cells) in share.features(encoder, photograph, _distinct(encoder, layers)).items():
        moments = None if painting is None else painting.moments[layer]
        everywhere = feature.new_empty(()).expand(*feature.shape[:2], *cells)  # its shape is what counts
        term = Content(layer, feature, convention.content_norm(everywhere, moments), top=top)
        objective += Objective.one(f"content:{layer}", term, weight)
    return objective


def style_objective(
    style: Style, options: WeighingStyle, convention: Convention, models: Models | None = None
) -> Objective:
    """β · Σ_l w_l · Gram loss + spread weight · Σ_l w_l · spread loss, named `style:LAYER` and `spread:LAYER`.

    Other losses are named `LOSS:LAYER`, and weigh what their names say of β. `models` are the paintings themselves.

    Raises: InputError: a loss that wants the paintings, and they are not there.
    """
    if models is None:
        require_among(options.loss, MOMENTS_ONLY, "of a painting only the moments are there")
    objective = Objective({})
    for layer, weight in layer_shares(options, convention):
        objective += weight * _layer(layer, style.moments[layer], options, convention, models)
    return objective


def layer_shares(options: WeighingStyle, convention: Convention) -> list[tuple[str, float]]:
    """The style layers, each with its share of β."""
    share = convention.share(len(options.style_layers))
    weights = [share * weight for weight in _layer_weights(options)]
    return list(zip(options.style_layers, weights, strict=True))


def smooth_objective(form: Smoothness, weight: float, size: Size, white: float) -> Objective:
    """weight · total variation, named `smoothness`; nothing at weight 0."""
    if weight == 0:
        return Objective({})
    return Objective.one("smoothness", total_variation(form, size, white), weight)


def style_of(paintings: Sequence[Image], encoder: Encoder, layers: Sequence[str], share: Share = ALONE) -> list[Style]:
    """The styles of several paintings at the same layers."""
    taps = _distinct(encoder, layers)
    return [Style.of(painting, encoder, taps, share.summed) for painting in paintings]


def _layer_weights(options: WeighingStyle) -> Sequence[float]:
    """The weights given, or a geometric series of mean 1."""
    layers = len(options.style_layers)
    if options.style_layer_weights:
        return options.style_layer_weights
    falling = [options.style_falloff**-depth for depth in range(layers)]
    return [weight * layers / sum(falling) for weight in falling]


def _layer(
    layer: str, moments: Moments, options: WeighingStyle, convention: Convention, models: Models | None
) -> Objective:
    objective = Objective({})
    for name, share in loss_weights(options.loss).items():
        weight = share * options.style_weight * convention.balance.get(name, 1.0)
        if name == "gram":
            objective += weight * _gram(layer, moments, convention)
        else:
            objective += weight * loss_terms(name, layer, moments, convention, models)
    if options.spread_weight == 0 or "gram" not in loss_weights(options.loss):
        return objective
    spread = MeanStd(layer, moments.mean, moments.std, convention.spread_norm(moments))
    return objective + Objective.one(f"spread:{layer}", spread, options.spread_weight)


def _gram(layer: str, moments: Moments, convention: Convention) -> Objective:
    return Objective.one(f"style:{layer}", GramStyle(layer, moments.gram, convention.gram_norm(moments.gram)))


def _distinct(encoder: Encoder, layers: Sequence[str]) -> Sequence[str]:
    """The layers, checked: known to the network, and none twice under two names.

    Raises: InputError.
    """
    own = [encoder.tap(layer) for layer in layers]
    for index, tap in enumerate(own):
        if tap in own[:index]:
            raise InputError(f"the layer {layers[index]!r} is given twice: {', '.join(layers)}.")
    return layers
