"""Options for training a texture network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf
from typing import Literal

from brushwork.feedforward.networks.configs import STYLIZING, TextureNetConfig
from brushwork.options import ContentOptions, EncoderOptions, LossOptions, StyleOptions, check_options, require_option
from brushwork.options.style_losses import require_statistics_only
from brushwork.training.options import TrainingOptions, copy_fields
from brushwork.training.tasks.johnson_options import BlendOptions, DataOptions

PATCH = re.compile(r"(\d+)[x×](\d+)\+(\d+)\+(\d+)")


def is_patch(text: str) -> bool:
    """Return whether a text is WIDTHxHEIGHT+LEFT+TOP, or empty."""
    return text == "" or PATCH.fullmatch(text) is not None


@dataclass(frozen=True, kw_only=True)
class DiversityOptions:
    """Diversity of the generated images."""

    diversity: float = 0.0
    """Weight of the entropy of the generated images, estimated from the distances within a batch. 0.05 gives a little
    diversity, 0.5 costs much of the style. At 0, a texture varies through its noise alone, which is usually enough."""

    diversity_layer: str = "conv4_2"
    """Layer whose features measure the distances within a batch."""

    def __post_init__(self) -> None:
        require_option(0 <= self.diversity < inf, "diversity", self.diversity, "0 or more, and finite")


@dataclass(frozen=True, kw_only=True)
class TextureNetTrainingOptions(
    TrainingOptions,
    DataOptions,
    BlendOptions,
    TextureNetConfig,
    DiversityOptions,
    ContentOptions,
    StyleOptions,
    LossOptions,
    EncoderOptions,
):
    """Options for training on a texture, or for training to stylize photographs with one.

    The defaults are those for textures; `STYLIZED` holds those for photographs.

    Source: Ulyanov et al., 1603.03417, §4, and the authors' programs; 1701.02096.
    """

    patch: str = ""
    """Part of the style image to train on, WIDTHxHEIGHT+LEFT+TOP in its pixels, like 200x100+0+50; empty: all of it."""

    iterations: int = 1500
    """Number of training batches; 1500 as in the authors' program, 3000 to stylize photographs."""

    batch: int = 16
    """Images per batch, over all processes."""

    learning_rate: float = 0.1
    """Adam's initial learning rate; above 0. The model's last layer has the range 0–255."""

    schedule: Literal["constant", "cosine", "steps"] = "steps"
    """Learning rate schedule: constant; cosine decay to 0; or steps, which multiply it by `decay` every `decay_every`
    iterations, as the authors used."""

    decay_every: int = 300
    """Iterations between steps of the learning rate; 1 or more."""

    crop: int = 256
    """Side in pixels of the generated images, or of the crops of photographs, during training."""

    content_layers: tuple[str, ...] = ()
    """Layers at which the photograph's content is preserved; textures have none."""

    content_weight: float = 0.0
    """α, the weight of the content; 0 or more."""

    style_weight: float = 1.0
    """β, the weight of the style; above 0."""

    style_falloff: float = 1.0
    """Factor by which the weight decreases from one style layer to the next, with mean weight 1; 1: equal weights."""

    moment_weight: float = 0.0
    """Weight of each style layer's channel means and standard deviations, beside their Gram matrix; 0 or more."""

    tv_weight: float = 0.0
    """Weight of the total variation; 0 or more."""

    normalized_gradients: bool = True
    """Whether each layer's gradient is normalized to the layer's weight, however small its loss is."""

    def __post_init__(self) -> None:
        check_options(self)
        require_option(is_patch(self.patch), "patch", repr(self.patch), "WIDTHxHEIGHT+LEFT+TOP, such as 200x100+0+50")
        require_statistics_only(self.loss, "models are trained on the style image's moments")
        require_option(0 < self.style_weight < inf, "style_weight", self.style_weight, "above 0, and finite")
        require_option(self.diversity == 0 or self.batch > 1, "batch", self.batch, "2 or more if diversity is above 0")
        _, stride, least, *_ = self.spec
        expected = f"a multiple of {stride}, {least} or more, as there are {self.scales} scales"
        require_option(self.crop >= least and self.crop % stride == 0, "crop", self.crop, expected)

    @property
    def min_images(self) -> int:
        """Minimum number of images that each process needs: 2, to compare them, if diversity is above 0."""
        return 2 if self.diversity else 1

    @property
    def architecture(self) -> TextureNetConfig:
        """The architecture's options alone."""
        return copy_fields(self, TextureNetConfig)


TEXTURES = TextureNetTrainingOptions()
"""Options for generating a texture from noise."""

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
"""Options for stylizing photographs, with the weights of the authors' program."""
