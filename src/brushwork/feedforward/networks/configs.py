"""Configurations of the feed-forward networks: stored in model files, and options of the training commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from brushwork.choices import BorderName, NormName, Upsampling
from brushwork.errors import InputError
from brushwork.feedforward.networks.spec import ModelSpec, Purpose

JOHNSON_STRIDE = 4
"""Pixels per position in the residual blocks."""

MGAN_STRIDE = 8
"""Pixels per position of the encoder layer whose features are decoded."""

MGAN_ENCODERS = ("vgg19-normalized", "vgg19")

_NARROWEST = 8

_MOST = 10  # scales; a position of the coarsest one then covers 512 pixels

_WIDEST = 1024


@dataclass(frozen=True, kw_only=True)
class JohnsonConfig:
    """Configuration of a Johnson network."""

    width: int = 32
    """Channels of the first and last layers; twice and four times as many in between. The authors used 32 with batch
    norm, and 16 with instance norm, which is as good."""

    blocks: int = 5
    """Number of residual blocks; 1 or more."""

    norm: NormName = "instance"
    """Normalization after each convolution: over each image (instance), or over the batch, as in the paper."""

    upsampling: Upsampling = "transposed"
    """Upsampling: transposed convolutions, as in the paper, or nearest neighbor followed by a convolution."""

    border: BorderName = "zeros"
    """Padding of the convolutions that keep the size of their input."""

    def __post_init__(self) -> None:
        check_config(self.width, self.blocks, self.norm, self.upsampling, self.border)

    @property
    def spec(self) -> ModelSpec:
        """The descriptor of these networks."""
        return ModelSpec(("stylize",), stride=JOHNSON_STRIDE)


@dataclass(frozen=True, kw_only=True)
class MultiStyleConfig:
    """Configuration of a network for many styles, with a scale and a shift for each style and channel."""

    styles: tuple[str, ...] = ("style",)
    """Names of the styles, in the order of their scales and shifts."""

    width: int = 32
    """Channels of the first and last layers; twice and four times as many in between."""

    blocks: int = 5
    """Number of residual blocks; 1 or more."""

    def __post_init__(self) -> None:
        check_config(self.width, self.blocks, "instance", "nearest", "reflect")
        if not self.styles or len(set(self.styles)) < len(self.styles):
            raise InputError(f"the styles are {', '.join(self.styles)}: give one or more, each under its own name.")

    @property
    def spec(self) -> ModelSpec:
        """The descriptor of these networks."""
        return ModelSpec(("stylize",), stride=JOHNSON_STRIDE)


@dataclass(frozen=True, kw_only=True)
class SuperResolutionConfig:
    """Configuration of a super-resolution network."""

    factor: int = 4
    """Upsampling factor: 2, 4 or 8 (the paper: 4 and 8)."""

    width: int = 64
    """Channels of every layer."""

    blocks: int = 4
    """Number of residual blocks; 1 or more."""

    norm: NormName = "batch"
    """Batch norm, as in the paper; instance norm loses the contrast of the image."""

    upsampling: Upsampling = "transposed"
    """Upsampling: transposed convolutions, as in the paper, or nearest neighbor followed by a convolution."""

    border: BorderName = "zeros"
    """Padding of the convolutions that keep the size of their input."""

    def __post_init__(self) -> None:
        check_config(self.width, self.blocks, self.norm, self.upsampling, self.border)
        if self.factor not in (2, 4, 8):
            raise InputError(f"factor is {self.factor}: it must be 2, 4 or 8.")

    @property
    def spec(self) -> ModelSpec:
        """The descriptor of these networks; normalization in training needs more than one position."""
        return ModelSpec(("super-resolution",), min_size=2, scale=self.factor)


@dataclass(frozen=True, kw_only=True)
class TextureNetConfig:
    """Configuration of a texture network.

    The defaults generate textures; `STYLIZING` stylizes photographs.

    Raises: InputError: numbers below 1 or too large, or an unknown norm.
    Source: 1603.03417, §3.1 and fig. 2; the authors' published models.
    """

    scales: int = 6
    """Number of scales, from one position for 2^(scales − 1) pixels up to the image itself; 1 to 10."""

    width: int = 8
    """Channels that each scale adds; 8 in the paper."""

    noise: int = 3
    """Channels of noise at each scale; 3 in the paper."""

    photograph: bool = False
    """Whether a photograph is also an input at every scale."""

    pointwise: bool = True
    """Whether each block ends in a 1×1 convolution, as in the published texture models, but not the stylizing ones."""

    norm: NormName = "instance"
    """Normalization: batch as published, or instance as the authors recommended later (1701.02096). Both use the
    statistics of their input, so for a single image the result is the same."""

    def __post_init__(self) -> None:
        for name, most in (("scales", _MOST), ("width", _WIDEST), ("noise", _WIDEST)):
            given = getattr(self, name)
            if not (isinstance(given, int) and 1 <= given <= most):
                raise InputError(f"{name} is {given!r}: it must be a whole number, 1 to {most}.")
        if self.norm not in get_args(NormName):
            raise InputError(f"norm is {self.norm!r}: it must be {' or '.join(get_args(NormName))}.")

    @property
    def spec(self) -> ModelSpec:
        """The descriptor of these networks; instance norm needs two positions or more at the coarsest scale."""
        stride = 1 << (self.scales - 1)
        purpose: Purpose = "stylize" if self.photograph else "texture"
        return ModelSpec((purpose,), stride, 2 * stride, needs_noise=True)


STYLIZING = TextureNetConfig(scales=5, photograph=True, pointwise=False)
"""Configuration of the published models that stylize photographs."""


@dataclass(frozen=True, kw_only=True)
class MGANConfig:
    """Configuration of an MGAN: its decoder, and the encoder whose features it decodes."""

    width: int = 512
    """Channels after the first layer, followed by a half and a quarter as many; a multiple of 4, 8 or more. 512, as in
    the paper, makes a file of 7.7 MB in half precision (10 MB with transposed convolutions), 256 one of 3.1 (3.7)
    MB."""

    norm: NormName = "batch"
    """Normalization after each layer: over the batch, with running statistics in evaluation mode (so that tiles are
    consistent), as in the paper; or over each image (instance)."""

    upsampling: Upsampling = "nearest"
    """Upsampling: nearest neighbor followed by a 3×3 convolution, or 4×4 transposed convolutions, as in the paper,
    which cover everything with a checkerboard until they have trained for long."""

    network: str = "vgg19-normalized"
    """The encoder: vgg19-normalized or vgg19. It is not part of the model file."""

    def __post_init__(self) -> None:
        if not (isinstance(self.width, int) and self.width >= _NARROWEST and self.width % 4 == 0):
            raise InputError(f"width is {self.width!r}: it must be a multiple of 4, {_NARROWEST} or more.")
        for name, known in (("norm", NormName), ("upsampling", Upsampling)):
            if getattr(self, name) not in get_args(known):
                raise InputError(f"{name} is {getattr(self, name)!r}: it must be {' or '.join(get_args(known))}.")
        if self.network not in MGAN_ENCODERS:
            raise InputError(
                f"network is {self.network!r}: it must be {' or '.join(MGAN_ENCODERS)}, which are always there."
            )

    @property
    def spec(self) -> ModelSpec:
        """The descriptor of these networks."""
        return ModelSpec(("stylize", "texture"), stride=MGAN_STRIDE)


def check_config(width: int, blocks: int, norm: str, upsampling: str, border: str) -> None:
    """Raise an InputError if the settings define no valid network."""
    for name, count in (("width", width), ("blocks", blocks)):
        if not (isinstance(count, int) and count >= 1):
            raise InputError(f"{name} is {count!r}: it must be a whole number, 1 or more.")
    for name, given, known in (
        ("norm", norm, get_args(NormName)),
        ("upsampling", upsampling, get_args(Upsampling)),
        ("border", border, get_args(BorderName)),
    ):
        if given not in known:
            raise InputError(f"{name} is {given!r}: it must be {' or '.join(known)}.")
