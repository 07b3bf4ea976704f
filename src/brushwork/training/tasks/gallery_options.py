"""Options for training one network on many styles, and for adding one more style to it."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from math import inf

from brushwork.choices import Padding
from brushwork.feedforward.networks.configs import MultiStyleConfig
from brushwork.options import check_options, require_option
from brushwork.training.options import TrainingOptions
from brushwork.training.tasks.johnson_options import DataOptions, PerceptualLossOptions


@dataclass(frozen=True, kw_only=True)
class StyleScalesOptions(TrainingOptions, DataOptions, PerceptualLossOptions, ABC):
    """Common options for training networks with a scale and a shift for each style and channel."""

    batch: int = 2
    """Images per batch, over all processes, each in one of the styles. Small batches learn the most in a given time."""

    scale_rate: float = 5.0
    """Factor of the learning rate of scales and shifts, above 0: each style learns from only a share of the batches,
    the trunk from all."""

    style_size: int = 384
    """Short side of the style images in pixels: larger gives larger strokes."""

    style_falloff: float = 2.0
    """Factor by which the weight decreases from one style layer to the next, with mean weight 1; 1: equal weights."""

    moment_weight: float = 0.0
    """Weight of each style layer's channel means and standard deviations, beside their Gram matrix; 0 or more."""

    padding: Padding = "zeros"
    """Padding of the encoder's convolutions at the image border: zeros, which cost nothing, or reflect."""

    def __post_init__(self) -> None:
        require_option(0 < self.scale_rate < inf, "scale_rate", self.scale_rate, "above 0, and finite")


@dataclass(frozen=True, kw_only=True)
class GalleryTrainingOptions(StyleScalesOptions):
    """Options for training one network on many styles.

    Source: Dumoulin, Shlens, Kudlur, 1610.07629.
    """

    width: int = 32
    """Channels of the first and last layers; twice and four times as many in between."""

    blocks: int = 5
    """Number of residual blocks; 1 or more."""

    iterations: int = 15_000
    """Number of training batches; 1 or more. The authors used 40000 of 16 images."""

    warmup: int = 100
    """Iterations of linear warmup of the learning rate from 0."""

    def __post_init__(self) -> None:
        check_options(self)
        self.architecture(("style",))

    def architecture(self, styles: tuple[str, ...]) -> MultiStyleConfig:
        """Return the architecture for styles with these names. Raises: InputError: names given twice."""
        return MultiStyleConfig(styles=styles, width=self.width, blocks=self.blocks)


@dataclass(frozen=True, kw_only=True)
class StyleTrainingOptions(StyleScalesOptions):
    """Options for training one more style on the fixed trunk of a network for many styles.

    Source: Dumoulin, Shlens, Kudlur, 1610.07629, section 3.3.
    """

    iterations: int = 600
    """Number of training batches; 1 or more."""

    learning_rate: float = 2e-3
    """Adam's initial learning rate; above 0. `scale_rate` multiplies it."""

    def __post_init__(self) -> None:
        check_options(self)
