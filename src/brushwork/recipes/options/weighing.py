"""What is kept of the photograph, what is taken of the painting, and what their weights multiply."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from math import inf

from brushwork.recipes.convention import NormalizationName
from brushwork.recipes.loss_weights import parse_loss_weights
from brushwork.recipes.options.requirements import require_option
from brushwork.recipes.smoothness import TVForm


@dataclass(frozen=True, kw_only=True)
class ContentOptions(ABC):
    """How much of the photograph is kept, and seen where."""

    content_layers: tuple[str, ...] = ("conv4_2",)
    """Layers at which the photograph's content is kept."""

    content_weight: float = 1.0
    """α, the weight of the content; 0 or more."""

    def __post_init__(self) -> None:
        require_option(0 <= self.content_weight < inf, "content_weight", self.content_weight, "0 or more, and finite")


@dataclass(frozen=True, kw_only=True)
class StyleOptions(ABC):
    """How much of the painting is taken, and seen where."""

    style_layers: tuple[str, ...] = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
    """Layers whose Gram matrices are the style."""

    loss: tuple[str, ...] = ("gram",)
    """What the style is measured by, each with a share of `style-weight`, as sliced or gram:1 sliced:0.5: gram,
    moments (means and standard deviations), covariance, wasserstein (of Gaussians), sliced (Wasserstein), histogram,
    patches (nearest ones; slow at shallow layers: take conv3_1 conv4_1). Sliced and histogram want the picture whole,
    without tiles."""

    style_weight: float = 160.0
    """β, the weight of the style; 0 or more."""

    style_falloff: float = 4.0
    """Each style layer weighs this many times less than the one before it, 1 in the mean; 1: all alike."""

    style_layer_weights: tuple[float, ...] = ()
    """Weight of each style layer, one for each; none: as `style-falloff` says."""

    moment_weight: float = 32.0
    """Weight of each style layer's channel means and standard deviations, beside their Gram matrix; 0 or more."""

    def __post_init__(self) -> None:
        parse_loss_weights(self.loss)
        require_option(0 <= self.style_weight < inf, "style_weight", self.style_weight, "0 or more, and finite")
        require_option(0 < self.style_falloff < inf, "style_falloff", self.style_falloff, "above 0, and finite")
        require_option(0 <= self.moment_weight < inf, "moment_weight", self.moment_weight, "0 or more, and finite")
        given, layers = len(self.style_layer_weights), len(self.style_layers)
        require_option(
            given in (0, layers), "style_layer_weights", f"{given} numbers", f"{layers}, one for each style layer"
        )


@dataclass(frozen=True, kw_only=True)
class LossOptions(ABC):
    """What weights multiply, and the smoothness that is added."""

    normalization: NormalizationName = "relative"
    """What the weights multiply: shares of each target (relative), the papers' printed equations (paper), the losses of
    the authors' programs on the normalized network (authors), or of those on the original network (programs)."""

    tv_weight: float = 5.0
    """Weight of the total variation; 0 or more."""

    tv_form: TVForm = "mean"
    """How total variation is summed: mean of squares on the scale 0–1, or as a published program does."""

    def __post_init__(self) -> None:
        require_option(0 <= self.tv_weight < inf, "tv_weight", self.tv_weight, "0 or more, and finite")
