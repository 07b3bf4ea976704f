"""Option groups that recipes share: size, initialization, optimizer, encoder, losses, color."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from math import inf, sqrt
from typing import Literal, TypeAlias

import torch

from brushwork.encoders import Encoder, load_encoder
from brushwork.encoders.backends import Engine
from brushwork.encoders.precision import Precision
from brushwork.encoders.vgg import Padding, Pooling
from brushwork.images.color import SpaceName
from brushwork.images.color_transfer import Transform
from brushwork.images.geometry import Size
from brushwork.losses.total_variation import TVForm
from brushwork.options.style_losses import NormalizationName, parse_loss_weights
from brushwork.options.validation import SMALLEST_SIDE, require_option

Measure: TypeAlias = Literal["long", "short", "area"]

Extent: TypeAlias = int | Literal["full"]
"""A size in pixels, or the picture's own."""

Init: TypeAlias = Literal["content", "style", "noise", "gray", "instant"]

SEEDS = 2**63
"""As many as torch's generators take."""

ColorMode: TypeAlias = Literal["style", "keep-luminance", "match-linear", "match-histogram"]


@dataclass(frozen=True, kw_only=True)
class SizeOptions(ABC):
    """How large the picture becomes."""

    size: Extent = 512
    """Size of the result in pixels, measured as `measure` says, 32 or more; `full`: as large as the photograph."""

    measure: Measure = "long"
    """What `size` measures: the long side, the short side, or the side of a square of the same area."""

    def __post_init__(self) -> None:
        enough = self.size == "full" or (isinstance(self.size, int) and self.size >= SMALLEST_SIDE)
        require_option(enough, "size", self.size, f"{SMALLEST_SIDE} pixels or more, or full")


def measured_size(size: Size, measure: Measure) -> float:
    """A size as `measure` says: its long side, its short side, or the side of a square of the same area."""
    return {"long": max(size), "short": min(size), "area": sqrt(size.area)}[measure]


@dataclass(frozen=True, kw_only=True)
class InitOptions(ABC):
    """Where the optimization begins."""

    init: Init = "content"
    """Starting point: the photograph (content), the painting (style), white noise about gray, gray, or, for jobs that
    transfer a style, what AdaIN paints at once (instant)."""

    noise: float = 1.0
    """Standard deviation of the white noise on the scale 0 to `white`: 1 as the authors, 0.001 as jcjohnson. From noise
    that weak nothing is seen for some 25 iterations; with 40, 20 are enough for shapes and colors."""

    init_noise: float = 0.0
    """The same for noise that is added to a photograph or a painting to start from; 0 as the published programs."""

    seed: int = 0
    """Seed of the noise; the same seed gives the same picture on the same machine."""

    def __post_init__(self) -> None:
        require_option(0 <= self.noise < inf, "noise", self.noise, "0 or more, and finite")
        require_option(0 <= self.init_noise < inf, "init_noise", self.init_noise, "0 or more, and finite")
        require_option(0 <= self.seed < SEEDS, "seed", self.seed, "a whole number from 0 up to 2⁶³ − 1")


@dataclass(frozen=True, kw_only=True)
class OptimizerOptions(ABC):
    """How the picture is optimized."""

    iterations: int = 200
    """Iterations (looks at the picture, forward and backward) at the first size; 1 or more."""

    min_size: int = 192
    """Paint coarse to fine: begin at about this many pixels (as `measure` says) and double; 0: one size only."""

    iteration_decay: float = 0.45
    """Iterations at each finer size, as a share of those at the size before; above 0."""

    optimizer: Literal["lbfgs", "adam"] = "lbfgs"
    """Optimizer of the pixels."""

    history: int = 30
    """Correction pairs that L-BFGS remembers; each takes twice the picture's memory."""

    history_storage: Literal["full", "bf16", "disk"] = "full"
    """Where the pairs are kept: in memory; in memory with half the digits, at half the room; or in a file without a
    name in the system's folder for such (TMPDIR), of which the system holds in memory what it can."""

    preconditioner: Literal["none", "frequency"] = "none"
    """What L-BFGS assumes of the curvature where its pairs do not tell: the same for all, as the published programs; or
    a number for each octave of frequencies, which takes fewer iterations to the same loss."""

    learning_rate: float = 1.0
    """Step length: 1 for L-BFGS; for Adam in units of `optimizer_scale`."""

    initial_step: float = 3e-4
    """How far L-BFGS moves the pixels in its first step, in the mean, white being 1; 0: as torch and the published
    programs, whose first step is lost in rounding where losses are small."""

    max_step: float = 0.05
    """How far L-BFGS moves the pixels in one step at most that is not searched, in the mean, white being 1; 0: as far
    as it likes, as the published programs do, some of whose steps early on lead far astray."""

    line_search: bool = False
    """L-BFGS searches each step's length (strong Wolfe); slower, for hard cases."""

    ema_decay: float = 0.0
    """Adam shows the running mean of its pictures, with this decay; 0: the last one."""

    optimizer_scale: float = 255.0
    """Value of white in the optimizer's eyes. The published programs optimize in 0–255."""

    bounded: bool = False
    """Keep every pixel within black and white while optimizing."""

    def __post_init__(self) -> None:
        for name in ("iterations", "history"):
            require_option(getattr(self, name) >= 1, name, getattr(self, name), "1 or more")
        require_option(0 < self.iteration_decay < inf, "iteration_decay", self.iteration_decay, "above 0, and finite")
        require_option(
            self.min_size == 0 or self.min_size >= SMALLEST_SIDE, "min_size", self.min_size, "0, or 32 or more"
        )
        require_option(0 <= self.initial_step < inf, "initial_step", self.initial_step, "0 or more, and finite")
        require_option(0 <= self.max_step < inf, "max_step", self.max_step, "0 or more, and finite")
        require_option(0 < self.learning_rate < inf, "learning_rate", self.learning_rate, "above 0, and finite")
        require_option(0 <= self.ema_decay < 1, "ema_decay", self.ema_decay, "0 or more, and below 1")
        require_option(0 < self.optimizer_scale < inf, "optimizer_scale", self.optimizer_scale, "above 0, and finite")


@dataclass(frozen=True, kw_only=True)
class EncoderOptions(ABC):
    """Which network looks at the picture, and how."""

    network: str = "vgg19-normalized"
    """Network that judges: vgg19, vgg19-normalized (the papers'), vgg16, alexnet, googlenet, or a weights file."""

    pooling: Pooling = "max"
    """Pooling between the blocks. Gatys et al. find average slightly more appealing; the weights were made with max."""

    padding: Padding = "reflect"
    """What convolutions see beyond the border."""

    ceil: bool = False
    """Pools keep a last row or column that does not fill its window, as Caffe and Torch7 do; else it is dropped."""

    encoder_scale: float = 255.0
    """Value of white that the network is shown: 255 as it was trained, 256 as jcjohnson's programs do."""

    precision: Precision = "auto"
    """Numbers that the network's layers compute in: auto (tf32 where there is TF32, else full), full, tf32, bf16, fp16.
    Sums over features are in float32 always."""

    engine: Literal["auto", Engine] = "auto"
    """How the network computes on processors: native (brushwork's own kernels), nnpack, channels-last or plain
    (torch's); auto takes the fastest here, as measured once. They agree but for rounding."""

    cuda_graphs: bool = False
    """On CUDA, record the iteration of each size as a graph and replay it: less to launch, which tells at small sizes.
    It was tried without such a device only."""

    def __post_init__(self) -> None:
        require_option(0 < self.encoder_scale < inf, "encoder_scale", self.encoder_scale, "above 0, and finite")


def load_encoder_for(
    options: EncoderOptions, device: torch.device | str, *, computes_on: torch.device | None = None
) -> Encoder:
    """Load the network that the options name, on a device. Engines are for processors; elsewhere the modules compute.

    `computes_on`: the device that it will be taken to, if another.

    Raises: InputError: no such network. WeightsError: its weights are not there.
    """
    encoder = load_encoder(
        options.network,
        pooling=options.pooling,
        padding=options.padding,
        scale=options.encoder_scale,
        ceil=options.ceil,
        engine=options.engine if torch.device(computes_on or device).type == "cpu" else "plain",
    )
    encoder.precision, encoder.replays = options.precision, options.cuda_graphs
    return encoder.to(device)


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


@dataclass(frozen=True, kw_only=True)
class ColorOptions(ABC):
    """Whose colors the result has."""

    color: ColorMode = "style"
    """The painting's colors (style); the photograph's, of which only the lightness is painted (keep-luminance); or the
    painting's made like the photograph's, in mean and covariance (match-linear), then in each channel's histogram too
    (match-histogram)."""

    color_transform: Transform = "pca"
    """How covariances are turned into each other: by Cholesky factors (chol), roots as Image Analogies do
    (pca), or moving colors least (sym)."""

    color_when: Literal["before", "after"] = "before"
    """Whether colors are changed before painting, in what the network is shown, or after, in what was painted.
    keep-luminance returns the photograph's colors at the end in both cases."""

    color_strength: float = 1.0
    """How far colors are changed: 0 not at all, 1 fully."""

    color_space: SpaceName = "srgb"
    """Space in which colors are changed; srgb keeps the luma of television, as the authors do."""

    def __post_init__(self) -> None:
        require_option(0 <= self.color_strength <= 1, "color_strength", self.color_strength, "0 or more, up to 1")
