"""Functions that build content, style and total variation objectives from images, options and weights."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from brushwork.choices import TVForm
from brushwork.encoders.encoder import Encoder
from brushwork.errors import InputError
from brushwork.gradients.partition import FULL_IMAGE, Partition
from brushwork.images.geometry import Size
from brushwork.losses.content import ContentLoss
from brushwork.losses.style_loss import StyleLossSpec
from brushwork.losses.total_variation import make_total_variation
from brushwork.objective import Objective
from brushwork.options import StyleOptions
from brushwork.options.style_losses import require_statistics_only
from brushwork.recipes.normalization import LossNormalization
from brushwork.recipes.style_samples import ContentMatch
from brushwork.recipes.style_targets import StyleTargets, WholeTarget
from brushwork.style import Style
from brushwork.types import Image


@torch.no_grad()
def content_objective(
    content: Image,
    encoder: Encoder,
    layers: Sequence[str],
    weight: float,
    normalization: LossNormalization,
    style: Style | None = None,
    partition: Partition = FULL_IMAGE,
    layer_weights: Sequence[float] = (),
) -> Objective:
    """Return weight · Σ_l w_l · content loss, with losses named `content:LAYER`.

    `layer_weights` are w_l, 1 each if there are none. `style` is the style at the content layers, for a normalization
    that measures content relative to it. The targets cover this process's part of the content image.
    """
    objective, every = Objective({}), dict(zip(layers, layer_weights or [1.0] * len(layers), strict=True))
    for layer, (feature, top, positions) in partition.features(
        encoder, content, require_distinct(encoder, layers)
    ).items():
        moments = None if style is None else style.statistics[layer]
        everywhere = feature.new_empty(()).expand(*feature.shape[:2], *positions)  # only its shape matters
        term = ContentLoss(layer, feature, normalization.content_norm(everywhere, moments), top=top)
        objective += Objective.single(f"content:{layer}", term, weight * every[layer])
    return objective


def style_objective(
    style: Style,
    options: StyleOptions,
    normalization: LossNormalization,
    targets: StyleTargets | None = None,
    content: Image | None = None,
) -> Objective:
    """Return β · Σ_l w_l · style losses; beside Gram losses, also `moment_weight` · Σ_l w_l · mean-std loss.

    The losses are named `style:LAYER` (Gram), `moments:LAYER` (mean-std), and `LOSS:LAYER`, each weighted by its
    fraction of β. `targets` hold the style images themselves; `content` is the content image, for losses that depend on
    it.

    Raises: InputError: a loss needs the style images, and they are not available.
    """
    if targets is None:
        require_statistics_only(options.loss, "a style file holds only moments")
    losses, objective = normalization.weigh_losses(options), Objective({})
    seed, size = (targets.seed, targets.size) if targets else (0, None)
    match = None if targets is None or content is None else ContentMatch(content, targets.sampled)
    for layer, layer_weight in layer_weights(options, normalization):
        target = WholeTarget(layer=layer, seed=seed, image_size=size, style=style, images=targets, match=match)
        for label, loss, weight in losses:
            objective += layer_weight * (weight * _style_loss(f"{label}:{layer}", loss, target, normalization))
    return objective


def layer_weights(options: StyleOptions, normalization: LossNormalization) -> list[tuple[str, float]]:
    """Return the style layers, each with its fraction of β."""
    share = normalization.layer_weight(len(options.style_layers))
    weights = [share * weight for weight in _layer_weights(options)]
    return list(zip(options.style_layers, weights, strict=True))


def tv_objective(form: TVForm, weight: float, size: Size, encoder_scale: float) -> Objective:
    """Return weight · total variation, named `tv`, or an empty objective if the weight is 0."""
    if weight == 0:
        return Objective({})
    return Objective.single("tv", make_total_variation(form, size, encoder_scale), weight)


def _layer_weights(options: StyleOptions) -> Sequence[float]:
    """Return the given weights, or a geometric series of mean 1."""
    layers = len(options.style_layers)
    if options.style_layer_weights:
        return options.style_layer_weights
    falling = [options.style_falloff**-depth for depth in range(layers)]
    return [weight * layers / sum(falling) for weight in falling]


def _style_loss(name: str, loss: StyleLossSpec, target: WholeTarget, normalization: LossNormalization) -> Objective:
    """Return a style loss with weight 1, or one for each of several style images with its weight in the blend."""
    if not loss.is_per_image:
        return Objective.single(name, loss.make(target, normalization))
    objective, each = Objective({}), target.split_images()
    for number, (weight, one) in enumerate(each, start=1):
        named = f"{name}:{number}" if len(each) > 1 else name
        objective += Objective.single(named, loss.make(one, normalization), weight)
    return objective


def require_distinct(encoder: Encoder, layers: Sequence[str]) -> Sequence[str]:
    """Check that the encoder has the layers and that none is given twice, even by two names, and return them.

    Raises: InputError.
    """
    own = [encoder.layer(layer) for layer in layers]
    for index, one in enumerate(own):
        if one in own[:index]:
            raise InputError(f"the layer {layers[index]!r} is given twice: {', '.join(layers)}.")
    return layers
