"""Options for training a Johnson network on one style."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from math import inf

from brushwork.choices import BorderName, Upsampling
from brushwork.feedforward.networks.configs import JohnsonConfig
from brushwork.options import (
    SMALLEST_SIDE,
    ContentOptions,
    EncoderOptions,
    LossOptions,
    StyleOptions,
    check_options,
    require_option,
)
from brushwork.options.style_losses import require_statistics_only
from brushwork.training.options import TrainingOptions, copy_fields


@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """Sizes of training photographs and style images."""

    crop: int = 256
    """Side of the training crops in pixels; 256 as in Johnson et al."""

    photo_size: int = 480
    """Maximum short side of a photograph in pixels: crops are taken at all scales from this one down to the one at
    which they hold the whole short side."""

    style_size: int = 256
    """Short side of the style image in pixels: larger gives larger strokes."""

    def __post_init__(self) -> None:
        for name in ("crop", "photo_size", "style_size"):
            given = getattr(self, name)
            require_option(given >= SMALLEST_SIDE, name, given, f"{SMALLEST_SIDE} pixels or more")


@dataclass(frozen=True, kw_only=True)
class BlendOptions:
    """Blend of several style images into one style."""

    style_blend: tuple[float, ...] = ()
    """Weight of each style image, if several are blended into one style; none: equal weights."""


@dataclass(frozen=True, kw_only=True)
class PerceptualLossOptions(ContentOptions, StyleOptions, LossOptions, EncoderOptions, ABC):
    """Losses of a network that stylizes photographs; the weights mean the same as when optimizing an image."""

    style_layers: tuple[str, ...] = ("conv1_1", "conv2_1", "conv3_1", "conv4_1")
    """Layers whose Gram matrices represent the style."""

    content_layers: tuple[str, ...] = ("conv3_3",)
    """Layers at which the photograph's content is preserved: relu3_3, as in the authors' program."""

    style_weight: float = 12.0
    """β, the weight of the style, above 0. Ten times as much is better for optimizing an image; a feed-forward model
    has a single pass, and would lose the photograph's content."""

    moment_weight: float = 2.0
    """Weight of each style layer's channel means and standard deviations, beside their Gram matrix; 0 or more."""

    tv_weight: float = 2.0
    """Weight of the total variation; 0 or more."""

    range_weight: float = 10.0
    """Weight of the mean squared excess of the final tanh's inputs over those of black and white; 0 or more. It
    prevents blots, where tanh itself has no gradient."""

    def __post_init__(self) -> None:
        require_option(0 <= self.range_weight < inf, "range_weight", self.range_weight, "0 or more, and finite")
        require_statistics_only(self.loss, "models are trained on the moments of the style images")
        require_option(0 < self.style_weight < inf, "style_weight", self.style_weight, "above 0, and finite")

    @property
    def encoded_layers(self) -> tuple[str, ...]:
        """Every layer that the losses need; a layer of both kinds appears twice."""
        return (*self.content_layers, *self.style_layers)


@dataclass(frozen=True, kw_only=True)
class JohnsonTrainingOptions(TrainingOptions, DataOptions, BlendOptions, JohnsonConfig, PerceptualLossOptions):
    """Options for training on one style with perceptual losses.

    Source: Johnson, Alahi, Fei-Fei, 1603.08155.
    """

    warmup: int = 100
    """Iterations of linear warmup of the learning rate from 0. Models whose first steps are too large produce black
    and white blots and take long to recover."""

    upsampling: Upsampling = "nearest"
    """Upsampling: nearest neighbor followed by a convolution, or transposed convolutions as in the paper, which leave
    checkerboards in flat areas until they have trained for long."""

    border: BorderName = "reflect"
    """Padding of the convolutions that keep the size of their input: reflect, or zeros as in the authors' program."""

    def __post_init__(self) -> None:
        check_options(self)

    @property
    def architecture(self) -> JohnsonConfig:
        """The architecture's options alone."""
        return copy_fields(self, JohnsonConfig)
