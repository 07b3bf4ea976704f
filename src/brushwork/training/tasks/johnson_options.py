"""What a painter of one style learns from, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import inf

from brushwork.feedforward.networks.blocks import BorderName, Upsampling
from brushwork.feedforward.networks.johnson import JohnsonConfig
from brushwork.options import (
    SMALLEST_SIDE,
    ContentOptions,
    EncoderOptions,
    LossOptions,
    StyleOptions,
    check_options,
    require_option,
)
from brushwork.options.style_losses import MOMENTS_ONLY, require_known_losses
from brushwork.training.options import TrainingOptions


@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """At what sizes photographs and paintings are looked at."""

    crop: int = 256
    """Pixels along the side of the crops of photographs; 256 as Johnson et al."""

    photo_size: int = 480
    """Pixels of a photograph's short side, at most: crops are taken at all scales from this one to that at which they
    hold the whole short side."""

    style_size: int = 256
    """Pixels of the painting's short side: larger gives larger strokes."""

    style_blend: tuple[float, ...] = ()
    """Weight of each painting, where several are one style; none: equal weights."""

    def __post_init__(self) -> None:
        for name in ("crop", "photo_size", "style_size"):
            given = getattr(self, name)
            require_option(given >= SMALLEST_SIDE, name, given, f"{SMALLEST_SIDE} pixels or more")


@dataclass(frozen=True, kw_only=True)
class JohnsonTrainingOptions(
    TrainingOptions, DataOptions, JohnsonConfig, ContentOptions, StyleOptions, LossOptions, EncoderOptions
):
    """Options of learning one style by perceptual losses.

    Source: Johnson, Alahi, Fei-Fei, 1603.08155; weights mean what they mean when a picture is painted.
    """

    warmup: int = 100
    """Iterations in which the learning rate grows from 0 to what it is. A painter whose first steps are too long paints
    black and white blots, and needs long to leave them."""

    style_layers: tuple[str, ...] = ("conv1_1", "conv2_1", "conv3_1", "conv4_1")
    """Layers whose Gram matrices are the style."""

    content_layers: tuple[str, ...] = ("conv3_3",)
    """Layers at which the photograph's content is kept: relu3_3, as the authors' program."""

    style_weight: float = 12.0
    """β, the weight of the style, above 0. Where a picture is optimized ten times as much is better; a painter has to
    find the way in one pass, and lets go of the photograph."""

    moment_weight: float = 2.0
    """Weight of each style layer's channel means and standard deviations, beside their Gram matrix; 0 or more."""

    tv_weight: float = 2.0
    """Weight of the total variation; 0 or more."""

    upsampling: Upsampling = "nearest"
    """How maps become larger: nearest neighbors and a convolution, or transposed convolutions, as the paper, which
    leave checkerboards in flat parts until they have learned for long."""

    border: BorderName = "reflect"
    """What the convolutions that keep their map's size see beyond it: the map mirrored, or zeros, as the authors'
    program."""

    range_weight: float = 10.0
    """Weight of how far the numbers that the output's tanh is taken of lie beyond those of black and white, the mean of
    squares: keeps painters from blots, which tanh itself has no slope to leave by; 0 or more."""

    def __post_init__(self) -> None:
        check_options(self)
        require_option(0 <= self.range_weight < inf, "range_weight", self.range_weight, "0 or more, and finite")
        require_known_losses(self.loss, MOMENTS_ONLY, "a painter learns from the moments of paintings")
        require_option(0 < self.style_weight < inf, "style_weight", self.style_weight, "above 0, and finite")

    @property
    def architecture(self) -> JohnsonConfig:
        """The painter's settings alone."""
        return JohnsonConfig(**{field.name: getattr(self, field.name) for field in fields(JohnsonConfig)})
