"""The options of each recipe."""

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
    """Weight of each painting in the blend, one for each (of one painting at several scales: for each scale); none:
    equal weights."""

    init_noise: float = 15.0
    """Standard deviation, on the scale 0 to `encoder_scale`, of noise that is added to a photograph or a painting to
    start from: without it flat parts are painted on the network's grid. 0 as the published programs."""

    style_scale: tuple[float, ...] = (1.0,)
    """Size of the painting against the photograph, both measured as `measure` says: larger gives larger strokes. One
    for all paintings, or one for each; several for an only painting blend it with itself at each scale."""

    guides: MaskPropagation = "simple"
    """Which cells of a layer belong to a region: as the mask says at the layer's size (simple), all that see the region
    (all), or those that see nothing else (inside)."""

    feather: float = 0.0
    """How far regions fade into each other, in pixels of the finished picture; 0: as the masks are."""

    def __post_init__(self) -> None:
        check_options(self)
        require_option(0 <= self.feather < inf, "feather", self.feather, "0 or more, and finite")
        require_style_scale(self.style_scale)


@dataclass(frozen=True, kw_only=True)
class TextureOptions(StyleOptions, InitOptions, OptimizerOptions, EncoderOptions):
    """Options of a texture synthesis."""

    size: str = ""
    """Size of the result in pixels, WIDTHxHEIGHT; empty: that of the picture as it is looked at."""

    picture_size: int = 256
    """Size at which the picture is looked at, in pixels, measured as `measure` says."""

    measure: Measure = "area"
    """What `picture-size` measures: the long side, the short side, or the side of a square of the same area."""

    pooling: Pooling = "average"
    """Pooling between the blocks; Gatys et al. find average cleaner."""

    padding: Padding = "zeros"
    """What convolutions see beyond the border."""

    init: Init = "noise"
    """Starting point: the picture itself (content or style), white noise, or gray."""

    style_layers: tuple[str, ...] = ("conv1_1", "pool1", "pool2", "pool3", "pool4")
    """Layers whose Gram matrices are the texture."""

    style_weight: float = 1e9
    """Weight of each layer; 0 or more."""

    style_falloff: float = 1.0
    """Each layer weighs this many times less than the one before it, 1 in the mean; 1: all alike, as the authors."""

    moment_weight: float = 0.0
    """Weight of each layer's channel means and standard deviations, beside their Gram matrix; 0 or more."""

    iterations: int = 500
    """Closures (looks at the picture, forward and backward) at the first size; 1 or more."""

    min_size: int = 0
    """Paint coarse to fine: begin at about this many pixels (as `measure` says) and double; 0: one size only."""

    max_step: float = 0.0
    """How far L-BFGS moves the pixels in one step, in the mean, white being 1, at most; 0: as far as it likes, which
    textures need that begin with noise."""

    history: int = 20
    """Correction pairs that L-BFGS remembers, 20 as the authors; each takes twice the picture's memory."""

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
    """Options of a content reconstruction."""

    layer: str = "conv4_2"
    """Layer whose features are matched."""

    network: str = "vgg19"
    """Network that judges: vgg19 (the original, as in the paper's figure 1), or another."""

    padding: Padding = "zeros"
    """What convolutions see beyond the border."""

    init: Init = "noise"
    """Starting point: the picture itself (content or style), white noise, or gray."""

    iterations: int = 500
    """Closures (looks at the picture, forward and backward) at the first size; 1 or more."""

    min_size: int = 0
    """Paint coarse to fine: begin at about this many pixels (as `measure` says) and double; 0: one size only."""

    line_search: bool = True
    """L-BFGS searches each step's length (strong Wolfe): shallow layers need it, where scales differ a thousandfold."""

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True, kw_only=True)
class MDANOptions(SizeOptions, InitOptions, EncoderOptions):
    """Options of painting against a rival."""

    size: Extent = 384
    """Size of the result in pixels, measured as `measure` says, 32 or more; `full`: as large as the photograph."""

    iterations: int = 125
    """Closures (looks at the picture, forward and backward); the rival learns one step at each; 1 or more."""

    content_layer: str = "conv5_1"
    """Layer at which the photograph's content is kept."""

    content_weight: float = 2.0
    """Weight of the content, a share of the photograph's own energy at its layer; 0 or more."""

    style_layer: str = "conv3_1"
    """Layer whose patches the rival tells apart."""

    patch: int = 8
    """Cells along the side of a patch."""

    patch_stride: int = 4
    """Cells from one patch to the next; at most `patch`."""

    style_scale: float = 1.0
    """Size of the painting against the photograph, both measured as `measure` says: larger gives larger strokes."""

    rotations: tuple[float, ...] = (-10.0, 0.0, 10.0)
    """Angles, in degrees, by which the painting is turned for more patches."""

    scales: tuple[float, ...] = (1 / 1.1, 1.0, 1.1)
    """Factors by which it is scaled."""

    mirror: bool = True
    """Whether it is looked at mirrored too."""

    tv_weight: float = 20.0
    """Weight of the total variation; 0 or more."""

    learning_rate: float = 0.01
    """Adam's step length for the pixels, white being 1."""

    discriminator_lr: float = 0.002
    """Adam's step length for the rival; the authors took 0.02, with which its scores fly up and content counts for
    nothing."""

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
