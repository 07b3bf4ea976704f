"""What a texture network learns from, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import inf
from typing import Literal

from brushwork.feedforward.networks.texture_net import STYLIZING, TextureNetConfig
from brushwork.options import ContentOptions, EncoderOptions, LossOptions, StyleOptions, check_options, require_option
from brushwork.options.style_losses import MOMENTS_ONLY, require_known_losses
from brushwork.training.options import TrainingOptions
from brushwork.training.tasks.johnson_options import DataOptions
from brushwork.training.tasks.style_images import is_patch


@dataclass(frozen=True, kw_only=True)
class DiversityOptions:
    """How different what a network draws is from time to time."""

    diversity: float = 0.0
    """Weight of the entropy of what is drawn, estimated by how far the pictures of a batch are from each other. 0.05 is
    a little of it, 0.5 costs much of the style; 0: a texture's noise alone makes variety, and mostly enough."""

    diversity_layer: str = "conv4_2"
    """Layer at whose features the pictures of a batch are told apart."""

    def __post_init__(self) -> None:
        require_option(0 <= self.diversity < inf, "diversity", self.diversity, "0 or more, and finite")


@dataclass(frozen=True, kw_only=True)
class TextureNetTrainingOptions(
    TrainingOptions,
    DataOptions,
    TextureNetConfig,
    DiversityOptions,
    ContentOptions,
    StyleOptions,
    LossOptions,
    EncoderOptions,
):
    """Options of learning a texture, or of learning to paint photographs with it.

    The defaults are those of textures; `STYLIZED` has the others.

    Source: Ulyanov et al., 1603.03417, §4, and the authors' programs; 1701.02096.
    """

    patch: str = ""
    """Part of the picture that is learned, WIDTHxHEIGHT+LEFT+TOP in its pixels, as 200x100+0+50; empty: all of it."""

    iterations: int = 1500
    """Batches to learn from; 1500 as the authors' program, 3000 to paint photographs."""

    batch: int = 16
    """Pictures of a batch, over all processes."""

    learning_rate: float = 0.1
    """Adam's learning rate at the beginning; above 0. The painter's last layer counts in 0–255."""

    schedule: Literal["constant", "cosine", "steps"] = "steps"
    """How the learning rate goes down: not at all; along half a cosine to 0; or times `decay` every `decay-every`
    iterations, as the authors."""

    decay_every: int = 300
    """Iterations from one of the steps to the next; 1 or more."""

    crop: int = 256
    """Pixels along the side of what is drawn, or of the crops of photographs, while learning."""

    content_layers: tuple[str, ...] = ()
    """Layers at which the photograph's content is kept; textures have none."""

    content_weight: float = 0.0
    """α, the weight of the content; 0 or more."""

    style_weight: float = 1.0
    """β, the weight of the style; above 0."""

    style_falloff: float = 1.0
    """Each style layer weighs this many times less than the one before it, 1 in the mean; 1: all alike."""

    moment_weight: float = 0.0
    """Weight of each style layer's channel means and standard deviations, beside their Gram matrix; 0 or more."""

    tv_weight: float = 0.0
    """Weight of the total variation; 0 or more."""

    normalized_gradients: bool = True
    """Every layer's gradient is given the layer's weight as its length, however small its loss is."""

    def __post_init__(self) -> None:
        check_options(self)
        require_option(is_patch(self.patch), "patch", repr(self.patch), "WIDTHxHEIGHT+LEFT+TOP, as 200x100+0+50")
        require_known_losses(self.loss, MOMENTS_ONLY, "a painter learns from the painting's moments")
        require_option(0 < self.style_weight < inf, "style_weight", self.style_weight, "above 0, and finite")
        require_option(
            self.diversity == 0 or self.batch > 1, "batch", self.batch, "2 or more where diversity is asked for"
        )
        require_option(
            self.crop % self.stride == 0,
            "crop",
            self.crop,
            f"a multiple of {self.stride}, as there are {self.scales} scales",
        )

    @property
    def architecture(self) -> TextureNetConfig:
        """The painter's settings alone."""
        return TextureNetConfig(**{field.name: getattr(self, field.name) for field in fields(TextureNetConfig)})


TEXTURES = TextureNetTrainingOptions()
"""A painter that draws a texture from noise."""

STYLIZED = TextureNetTrainingOptions(
    scales=STYLIZING.scales,
    photograph=STYLIZING.photograph,
    pointwise=STYLIZING.pointwise,
    iterations=3000,
    batch=4,
    network="vgg19",
    normalization="programs",
    content_layers=("conv4_2",),
    content_weight=0.6,
    style_weight=1e3,
    normalized_gradients=False,
)
"""A painter that paints photographs; weights of the authors' program."""
