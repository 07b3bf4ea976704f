"""Option groups shared by recipes: size, initialization, optimizer, encoder, color."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass, field, replace
from math import inf, sqrt
from typing import ClassVar, Literal, Self, TypeAlias

from brushwork.choices import Engine, Padding, Pooling, Precision, PreprocessName, SpaceName, Transform
from brushwork.errors import InputError
from brushwork.images.geometry import Size, fit_size
from brushwork.options.validation import SMALLEST_SIDE, parse_size, require_option

Measure: TypeAlias = Literal["long", "short", "height", "area"]

Extent: TypeAlias = int | Literal["full"]
"""A size in pixels, or `full` for the image's own size."""

Init: TypeAlias = Literal[
    "content", "recolored", "patches", "style", "mixed", "noise", "uniform", "pink", "gray", "instant"
]

SEEDS = 2**63
"""Number of valid seeds: torch generators accept 0 to 2⁶³ − 1."""

ColorMode: TypeAlias = Literal["style", "keep-luminance", "match-linear", "match-histogram"]


@dataclass(frozen=True, kw_only=True)
class SizeOptions(ABC):
    """Size of the result."""

    size: Extent = 512
    """Size of the result in pixels, measured as `measure` says, 32 or more; `full`: as large as the content image."""

    measure: Measure = "long"
    """What `size` measures: the long side, the short side, the height, or the side of a square of equal area."""

    def __post_init__(self) -> None:
        enough = self.size == "full" or (isinstance(self.size, int) and self.size >= SMALLEST_SIDE)
        require_option(enough, "size", self.size, f"{SMALLEST_SIDE} pixels or more, or full")

    def output_size(self, content: Size) -> Size:
        """Return the size of the result for a content image of this size."""
        return content if self.size == "full" else fit_size(content, self.size, measure=self.measure)

    def with_size(self, size: int, canvas: Size) -> Self:
        """Return the options with another size."""
        return replace(self, size=size)

    def size_in_pixels(self, canvas: Size) -> int:
        """Return the size in pixels, for a result of the size `canvas`."""
        return round(measured_size(canvas, self.measure)) if self.size == "full" else self.size


@dataclass(frozen=True, kw_only=True)
class CanvasOptions(ABC):
    """Size of a result that does not have the proportions of a content image."""

    size: str = ""
    """Size of the result in pixels, WIDTHxHEIGHT."""

    def __post_init__(self) -> None:
        if self.size:
            parse_size(self.size)

    def with_size(self, size: int, canvas: Size) -> Self:
        """Return the options with `size` as the long side of a canvas of the same aspect ratio."""
        height, width = (max(SMALLEST_SIDE, side) for side in fit_size(canvas, size, measure="long"))
        return replace(self, size=f"{width}x{height}")

    def size_in_pixels(self, canvas: Size) -> int:
        """Return the long side."""
        return max(canvas)

    def describe_size(self, size: int) -> str:
        """Return, in words, how large the result is."""
        return f"{size} pixels on its long side"


def measured_size(size: Size, measure: Measure) -> float:
    """Return the long side, the short side, the height, or the side of a square of equal area, as `measure` says."""
    return {"long": max(size), "short": min(size), "height": size.height, "area": sqrt(size.area)}[measure]


@dataclass(frozen=True, kw_only=True)
class InitOptions(ABC):
    """Initial image of the optimization."""

    can_start_from_adain: ClassVar[bool] = False
    """Whether `init` may be instant."""

    init: Init = "content"
    """Initial image: the content image (content), the content image in the style images' colors (recolored), half
    that and half patches of the style images (patches), the style image (style), 0.95 of the content and 0.05 of the
    stretched style image (mixed), white noise around gray, normal (noise) or uniform with a range as wide as 0 to 255
    (uniform), noise with amplitudes that follow a power of the frequency (pink), gray, or, for style transfer jobs,
    the feed-forward AdaIN result (instant)."""

    pink_exponent: int = 1
    """Power of the frequency to which the amplitudes of pink noise are proportional, counted as in fzliu's program: its
    frequencies begin in the middle of the spectrum, so higher powers give lower frequencies."""

    noise: float = 1.0
    """Standard deviation of the white noise on the scale 0 to `encoder_scale`: 1 in the authors' programs, 0.001 in
    jcjohnson's. Noise that weak shows nothing for some 25 iterations; with 40, 20 iterations are enough for shapes and
    colors."""

    init_noise: float = 0.0
    """Standard deviation of noise added to a content or style image used as the initial image; 0 in the published
    programs."""

    seed: int = 0
    """Random seed of the noise; the same seed gives the same image on the same machine."""

    def __post_init__(self) -> None:
        if self.init == "instant" and not self.can_start_from_adain:
            raise InputError("init instant is for style transfer (--method optimize) only: use another init.")
        require_option(0 <= self.noise < inf, "noise", self.noise, "0 or more, and finite")
        require_option(0 <= self.init_noise < inf, "init_noise", self.init_noise, "0 or more, and finite")
        require_option(0 <= self.seed < SEEDS, "seed", self.seed, "a whole number from 0 up to 2⁶³ − 1")


@dataclass(frozen=True, kw_only=True)
class EncoderOptions(ABC):
    """Encoder network and how it is evaluated."""

    network: str = "vgg19-normalized"
    """Encoder network: vgg19, vgg19-normalized (the papers'), vgg16, alexnet, googlenet, or a weights file."""

    pooling: Pooling = "max"
    """Pooling between the blocks; Gatys et al. find average slightly more appealing, the weights were trained with
    max."""

    padding: Padding = "reflect"
    """Padding of convolutions at the image border."""

    ceil: bool = False
    """Keep a last pooling row or column that does not fill its window, as Caffe and Torch7 do; otherwise it is
    dropped."""

    encoder_scale: float = 255.0
    """Pixel value of white in the network's input: 255 as in its training, 256 in jcjohnson's programs."""

    preprocessing: PreprocessName | Literal["own"] = "own"
    """The value subtracted from the network's input, and the order of its colors: as in its training (own), or those
    of another network; ilsvrc: the mean of all training images, which fzliu's program subtracts for every network."""

    precision: Precision = "auto"
    """Precision of the network's layers: auto (tf32 if the device has TF32, else full), fast (bf16 on CPUs with AMX,
    else auto), full, tf32, bf16, fp16; sums over features are always in float32."""

    engine: Literal["auto", Engine] = "auto"
    """Implementation of the network on CPUs: native (brushwork's own kernels), channels-last or plain (torch's); auto
    takes native if its kernels were built, else channels-last; they agree up to rounding."""

    cuda_graphs: bool = field(default=False, metadata={"flag": False})
    """On CUDA, capture the iteration of each size as a graph and replay it: fewer kernel launches, which matters at
    small sizes; so far tested only without a CUDA device."""

    def __post_init__(self) -> None:
        require_option(0 < self.encoder_scale < inf, "encoder_scale", self.encoder_scale, "above 0, and finite")


@dataclass(frozen=True, kw_only=True)
class ColorOptions(ABC):
    """Colors of the result."""

    color: ColorMode = "style"
    """Colors of the result: the style image's (style); the content image's, with only the luminance stylized
    (keep-luminance); or the style image's, matched to the content image in mean and covariance (match-linear), then
    also in the histogram of each channel (match-histogram)."""

    color_transform: Transform = "pca"
    """How covariances are matched: by Cholesky factors (chol), by matrix square roots as in Image Analogies (pca), or
    by the map that changes colors least (sym)."""

    color_when: Literal["before", "after"] = "before"
    """Whether colors are changed before optimization, in the images that the network encodes, or after it, in the
    result; keep-luminance restores the content image's colors at the end in both cases."""

    color_strength: float = 1.0
    """Strength of the color change: 0 none, 1 full."""

    color_space: SpaceName = "srgb"
    """Color space in which colors are changed; srgb keeps the luma of television, as the authors do."""

    @property
    def recolors_result(self) -> bool:
        """Whether the colors of the result are changed after optimization."""
        return self.color == "keep-luminance" or (self.color != "style" and self.color_when == "after")

    def __post_init__(self) -> None:
        require_option(0 <= self.color_strength <= 1, "color_strength", self.color_strength, "0 or more, up to 1")
