"""Option groups of the losses: content, style, normalization and total variation."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from brushwork.choices import TVForm
from brushwork.losses.names import describe_style_losses
from brushwork.options.style_losses import NormalizationName, parse_loss_weights
from brushwork.options.validation import require_option


def require_one_for_each(kind: str, weights: Sequence[float], layers: Sequence[str]) -> None:
    """Raise an InputError unless there are no weights, or one for each layer of a kind."""
    given, expected = f"{len(weights)} numbers", f"{len(layers)}, one for each {kind} layer"
    require_option(len(weights) in (0, len(layers)), f"{kind}_layer_weights", given, expected)


@dataclass(frozen=True, kw_only=True)
class ContentOptions(ABC):
    """Content layers and the weight of the content loss."""

    content_layers: tuple[str, ...] = ("conv4_2",)
    """Content layers: layers whose features are matched to the content image."""

    content_weight: float = 1.0
    """α, the weight of the content loss; 0 or more."""

    content_layer_weights: tuple[float, ...] = ()
    """Weights of the content layers, one for each; none: 1 for each."""

    def __post_init__(self) -> None:
        require_option(0 <= self.content_weight < inf, "content_weight", self.content_weight, "0 or more, and finite")
        require_one_for_each("content", self.content_layer_weights, self.content_layers)


@dataclass(frozen=True, kw_only=True)
class StyleOptions(ABC):
    """Style layers, style losses and their weights."""

    style_layers: tuple[str, ...] = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
    """Style layers: layers whose Gram matrices describe the style."""

    loss: tuple[str, ...] = field(default=("gram",), metadata={"help": describe_style_losses})
    """Style losses, each with a fraction of `style_weight`, for example sliced or gram:1 sliced:0.5:"""

    style_weight: float = 160.0
    """β, the weight of the style loss; 0 or more."""

    style_falloff: float = 4.0
    """Factor by which the weight decreases from one style layer to the next, with mean weight 1; 1: equal weights."""

    style_layer_weights: tuple[float, ...] = ()
    """Weight of each style layer, one for each; none: weights follow from `style_falloff`."""

    moment_weight: float = 32.0
    """Weight of the channel means and standard deviations of each style layer, besides its Gram matrix; 0 or more."""

    def __post_init__(self) -> None:
        parse_loss_weights(self.loss)
        require_option(0 <= self.style_weight < inf, "style_weight", self.style_weight, "0 or more, and finite")
        require_option(0 < self.style_falloff < inf, "style_falloff", self.style_falloff, "above 0, and finite")
        require_option(0 <= self.moment_weight < inf, "moment_weight", self.moment_weight, "0 or more, and finite")
        require_one_for_each("style", self.style_layer_weights, self.style_layers)


@dataclass(frozen=True, kw_only=True)
class LossOptions(ABC):
    """Normalization of the losses, and total variation."""

    normalization: NormalizationName = "relative"
    """Normalization of the losses that the weights multiply: relative to each target (relative), the papers' printed
    equations (paper), the authors' programs on the normalized network (authors), those on the original network
    (programs), or none: the squared differences are only summed (sums)."""

    tv_weight: float = 5.0
    """Weight of the total variation; 0 or more."""

    tv_form: TVForm = "mean"
    """How total variation is summed: mean of squares on the scale 0–1, or as a published program does."""

    def __post_init__(self) -> None:
        require_option(0 <= self.tv_weight < inf, "tv_weight", self.tv_weight, "0 or more, and finite")
