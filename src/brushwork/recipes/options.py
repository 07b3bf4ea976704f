"""Options of each recipe."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf

from brushwork.controls.guides import MaskPropagation
from brushwork.controls.style_scale import require_style_scale
from brushwork.encoders.vgg import Padding, Pooling
from brushwork.options import (
    ContentOptions,
    EncoderOptions,
    Extent,
    Init,
    InitOptions,
    LossOptions,
    Measure,
    OptimizerOptions,
    SizeOptions,
    StyleOptions,
    check_options,
    require_option,
)
from brushwork.options.groups import ColorOptions

SIZE_PATTERN = re.compile(r"(\d+)[x×](\d+)")


@dataclass(frozen=True, kw_only=True)
class TransferOptions(
    SizeOptions, ContentOptions, StyleOptions, LossOptions, ColorOptions, InitOptions, OptimizerOptions, EncoderOptions
):
    """Options of a style transfer."""

    style_blend: tuple[float, ...] = ()
    """Weight of each style image in the blend (for one style image at several scales: of each scale); none: equal
    weights."""

    init_noise: float = 15.0
    """Standard deviation, on the scale 0 to `encoder_scale`, of noise added to a content or style image used as the
    initial image; without it, flat areas show the network's grid; 0 in the published programs."""

    style_scale: tuple[float, ...] = (1.0,)
    """Size of the style image relative to the content image, both measured as `measure` says; larger gives larger
    strokes; one for all style images, or one for each; several for a single style image blend it with itself at each
    scale."""

    guides: MaskPropagation = "simple"
    """Which positions of a layer belong to a region: as the mask resized to the layer says (simple), all whose
    receptive field overlaps the region (all), or those whose receptive field lies inside it (inside)."""

    feather: float = 0.0
    """Standard deviation of the blur by which regions fade into each other, in pixels of the result; 0: no blur."""

    def __post_init__(self) -> None:
        check_options(self)
        require_option(0 <= self.feather < inf, "feather", self.feather, "0 or more, and finite")
        require_style_scale(self.style_scale)


@dataclass(frozen=True, kw_only=True)
class TextureOptions(StyleOptions, InitOptions, OptimizerOptions, EncoderOptions):
    """Options of texture synthesis."""

    size: str = ""
    """Size of the result in pixels, WIDTHxHEIGHT; empty: that of the source image as it is encoded."""

    picture_size: int = 256
    """Size at which the source image is encoded, in pixels, measured as `measure` says."""

    measure: Measure = "area"
    """What `picture-size` measures: the long side, the short side, or the side of a square of equal area."""

    pooling: Pooling = "average"
    """Pooling between the blocks; Gatys et al. find average cleaner."""

    padding: Padding = "zeros"
    """Padding of convolutions at the image border."""

    init: Init = "noise"
    """Initial image: the source image itself (content or style), white noise, or gray."""

    style_layers: tuple[str, ...] = ("conv1_1", "pool1", "pool2", "pool3", "pool4")
    """Layers whose Gram matrices describe the texture."""

    style_weight: float = 1e9
    """Weight of each layer; 0 or more."""

    style_falloff: float = 1.0
    """Factor by which the weight decreases from one layer to the next, with mean weight 1; 1: equal weights, as in the
    authors' program."""

    moment_weight: float = 0.0
    """Weight of the channel means and standard deviations of each layer, beside its Gram matrix; 0 or more."""

    iterations: int = 500
    """Iterations (forward and backward passes) at the first size; 1 or more."""

    min_size: int = 0
    """Size to start at for coarse-to-fine optimization, in pixels (as `measure` says), doubled until the full size; 0:
    one size only."""

    max_step: float = 0.0
    """Largest mean change of a pixel in one L-BFGS step, white being 1; 0: no limit, which textures that begin with
    noise need."""

    history: int = 20
    """Number of L-BFGS correction pairs, 20 as in the authors' program; each takes twice the memory of the image."""

    def __post_init__(self) -> None:
        check_options(self)
        require_option(
            self.size == "" or bool(SIZE_PATTERN.fullmatch(self.size)),
            "size",
            repr(self.size),
            "WIDTHxHEIGHT, as 1024x512",
        )


@dataclass(frozen=True, kw_only=True)
class ReconstructionOptions(SizeOptions, InitOptions, OptimizerOptions, EncoderOptions):
    """Options of content reconstruction."""

    layer: str = "conv4_2"
    """Layer whose features are matched."""

    network: str = "vgg19"
    """Encoder network: vgg19 (the original, as in the paper's figure 1), or another."""

    padding: Padding = "zeros"
    """Padding of convolutions at the image border."""

    init: Init = "noise"
    """Initial image: the content image itself (content or style), white noise, or gray."""

    iterations: int = 500
    """Iterations (forward and backward passes) at the first size; 1 or more."""

    min_size: int = 0
    """Size to start at for coarse-to-fine optimization, in pixels (as `measure` says), doubled until the full size; 0:
    one size only."""

    line_search: bool = True
    """Search the length of each L-BFGS step (strong Wolfe); shallow layers need it, where scales differ a
    thousandfold."""

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True, kw_only=True)
class MDANOptions(SizeOptions, InitOptions, EncoderOptions):
    """Options of MDAN, optimization against a patch discriminator."""

    size: Extent = 384
    """Size of the result in pixels, measured as `measure` says, 32 or more; `full`: as large as the content image."""

    iterations: int = 125
    """Iterations (forward and backward passes), with one training step of the discriminator each; 1 or more."""

    content_layer: str = "conv5_1"
    """Layer whose features are matched to the content image."""

    content_weight: float = 2.0
    """Weight of the content loss, which is relative to the energy of the content image at its layer; 0 or more."""

    style_layer: str = "conv3_1"
    """Layer whose patches the discriminator classifies."""

    patch: int = 8
    """Positions along each side of a patch."""

    patch_stride: int = 4
    """Positions from one patch to the next; at most `patch`."""

    style_scale: float = 1.0
    """Size of the style image relative to the content image, both measured as `measure` says; larger gives larger
    strokes."""

    rotations: tuple[float, ...] = (-10.0, 0.0, 10.0)
    """Angles in degrees by which the style image is rotated for more patches."""

    scales: tuple[float, ...] = (1 / 1.1, 1.0, 1.1)
    """Factors by which the style image is scaled for more patches."""

    mirror: bool = True
    """Also use mirrored copies of the style image."""

    tv_weight: float = 20.0
    """Weight of the total variation; 0 or more."""

    learning_rate: float = 0.01
    """Learning rate of Adam for the pixels, white being 1."""

    discriminator_lr: float = 0.002
    """Learning rate of Adam for the discriminator; the authors use 0.02, which makes its scores explode, so that
    content counts for nothing."""

    def __post_init__(self) -> None:
        check_options(self)
        require_option(self.iterations >= 1, "iterations", self.iterations, "1 or more")
        require_option(
            1 <= self.patch_stride <= self.patch, "patch_stride", self.patch_stride, f"from 1 to {self.patch}"
        )
        require_option(bool(self.rotations), "rotations", "empty", "one angle or more; 0 for the painting as it is")
        require_option(all(map(_is_small, self.rotations)), "rotations", self.rotations, "from -90 to 90 degrees")
        require_option(bool(self.scales), "scales", "empty", "one factor or more; 1 for the painting as it is")
        for name in ("style_scale", "learning_rate", "discriminator_lr"):
            require_option(0 < getattr(self, name) < inf, name, getattr(self, name), "above 0, and finite")
        require_option(all(0 < one < inf for one in self.scales), "scales", self.scales, "above 0, and finite")
        for name in ("content_weight", "tv_weight"):
            require_option(0 <= getattr(self, name) < inf, name, getattr(self, name), "0 or more, and finite")


def _is_small(angle: float) -> bool:
    return -90 <= angle <= 90
