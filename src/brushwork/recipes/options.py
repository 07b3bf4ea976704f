"""The settings that recipes share, in groups. A recipe's options are the groups it needs and its own fields.

Each field's docstring is its help on the command line, in forms and in settings files.
"""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from math import inf, sqrt
from typing import Literal, TypeAlias

from brushwork.errors import InputError
from brushwork.perception.engines import Engine
from brushwork.perception.precision import Precision
from brushwork.perception.vgg import Padding, Pooling
from brushwork.picture.window import Size
from brushwork.recipes.convention import ConventionName
from brushwork.recipes.loss_weights import loss_weights
from brushwork.recipes.smoothness import Smoothness
from brushwork.types import Image

Measure: TypeAlias = Literal["long", "short", "area"]

Extent: TypeAlias = int | Literal["full"]
"""A size in pixels, or the picture's own."""

Start: TypeAlias = Literal["content", "style", "noise", "gray"]

SMALLEST_SIDE = 32
"""Pixels; below this the deepest layers see one or two cells, and there is nothing to paint."""


SEEDS = 2**63
"""As many as torch's generators take."""


@dataclass(frozen=True, kw_only=True)
class Seeing(ABC):
    """Which network looks at the picture, and how."""

    network: str = "vgg19-normalized"
    """Network that judges: vgg19, vgg19-normalized (the papers'), vgg16, alexnet, googlenet, or a weights file."""

    pooling: Pooling = "max"
    """Pooling between the blocks. Gatys et al. find average slightly more appealing; the weights were made with max."""

    padding: Padding = "reflect"
    """What convolutions see beyond the border."""

    ceil: bool = False
    """Pools keep a last row or column that does not fill its window, as Caffe and Torch7 do; else it is dropped."""

    white: float = 255.0
    """Value of white that the network is shown: 255 as it was trained, 256 as jcjohnson's programs do."""

    precision: Precision = "auto"
    """Numbers that the network's layers compute in: auto (tf32 where there is TF32, else full), full, tf32, bf16, half.
    Sums over features are in float32 always."""

    engine: Literal["auto", Engine] = "auto"
    """How the network computes on processors: native (brushwork's own kernels), nnpack, channels-last or plain
    (torch's); auto takes the fastest here, as measured once. They agree but for rounding."""

    replay: bool = False
    """On CUDA, record the closure of each size as a graph and replay it: less to launch, which tells at small sizes.
    It was tried without such a device only."""

    def __post_init__(self) -> None:
        require(0 < self.white < inf, "white", self.white, "above 0, and finite")


@dataclass(frozen=True, kw_only=True)
class Sizing(ABC):
    """How large the picture becomes."""

    size: Extent = 512
    """Size of the result in pixels, measured as `measure` says, 32 or more; `full`: as large as the photograph."""

    measure: Measure = "long"
    """What `size` measures: the long side, the short side, or the side of a square of the same area."""

    def __post_init__(self) -> None:
        enough = self.size == "full" or (isinstance(self.size, int) and self.size >= SMALLEST_SIDE)
        require(enough, "size", self.size, f"{SMALLEST_SIDE} pixels or more, or full")


@dataclass(frozen=True, kw_only=True)
class Starting(ABC):
    """Where the optimization begins."""

    start: Start = "content"
    """Starting point: the photograph (content), the painting (style), white noise about gray, or gray."""

    noise: float = 1.0
    """Standard deviation of the white noise on the scale 0 to `white`: 1 as the authors, 0.001 as jcjohnson."""

    grain: float = 0.0
    """The same for noise that is added to a photograph or a painting to start from; 0 as the published programs."""

    seed: int = 0
    """Seed of the noise; the same seed gives the same picture on the same machine."""

    def __post_init__(self) -> None:
        require(0 <= self.noise < inf, "noise", self.noise, "0 or more, and finite")
        require(0 <= self.grain < inf, "grain", self.grain, "0 or more, and finite")
        require(0 <= self.seed < SEEDS, "seed", self.seed, "a whole number from 0 up to 2⁶³ − 1")


@dataclass(frozen=True, kw_only=True)
class WeighingContent(ABC):
    """How much of the photograph is kept, and seen where."""

    content_layers: tuple[str, ...] = ("conv4_2",)
    """Layers at which the photograph's content is kept."""

    content_weight: float = 1.0
    """α, the weight of the content; 0 or more."""

    def __post_init__(self) -> None:
        require(0 <= self.content_weight < inf, "content_weight", self.content_weight, "0 or more, and finite")


@dataclass(frozen=True, kw_only=True)
class WeighingStyle(ABC):
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

    spread_weight: float = 32.0
    """Weight of each style layer's channel means and standard deviations, beside their Gram matrix; 0 or more."""

    def __post_init__(self) -> None:
        loss_weights(self.loss)
        require(0 <= self.style_weight < inf, "style_weight", self.style_weight, "0 or more, and finite")
        require(0 < self.style_falloff < inf, "style_falloff", self.style_falloff, "above 0, and finite")
        require(0 <= self.spread_weight < inf, "spread_weight", self.spread_weight, "0 or more, and finite")
        given, layers = len(self.style_layer_weights), len(self.style_layers)
        require(given in (0, layers), "style_layer_weights", f"{given} numbers", f"{layers}, one for each style layer")


@dataclass(frozen=True, kw_only=True)
class Weighing(ABC):
    """What weights multiply, and the smoothness that is added."""

    convention: ConventionName = "relative"
    """What the weights multiply: shares of each target (relative), the papers' printed equations (paper), the losses of
    the authors' programs on the normalized network (authors), or of those on the original network (programs)."""

    smoothness: float = 5.0
    """Weight of the total variation; 0 or more."""

    smoothness_form: Smoothness = "mean"
    """How total variation is summed: mean of squares on the scale 0–1, or as a published program does."""

    def __post_init__(self) -> None:
        require(0 <= self.smoothness < inf, "smoothness", self.smoothness, "0 or more, and finite")


@dataclass(frozen=True, kw_only=True)
class Descending(ABC):
    """How the picture is optimized."""

    iterations: int = 200
    """Closures (looks at the picture, forward and backward) at the first size; 1 or more."""

    coarsest: int = 192
    """Paint coarse to fine: begin at about this many pixels (as `measure` says) and double; 0: one size only."""

    finer_share: float = 0.45
    """Closures at each finer size, as a share of those at the size before; above 0."""

    optimizer: Literal["lbfgs", "adam"] = "lbfgs"
    """Optimizer of the pixels."""

    history: int = 30
    """Correction pairs that L-BFGS remembers; each takes twice the picture's memory."""

    history_storage: Literal["full", "half", "disk"] = "full"
    """Where the pairs are kept: in memory; in memory with half the digits, at half the room; or in a file without a
    name in the system's folder for such (TMPDIR), of which the system holds in memory what it can."""

    learning_rate: float = 1.0
    """Step length: 1 for L-BFGS; for Adam in units of `pixel_range`."""

    first_move: float = 3e-4
    """How far L-BFGS moves the pixels in its first step, in the mean, white being 1; 0: as torch and the published
    programs, whose first step is lost in rounding where losses are small."""

    largest_move: float = 0.05
    """How far L-BFGS moves the pixels in one step at most that is not searched, in the mean, white being 1; 0: as far
    as it likes, as the published programs do, some of whose steps early on lead far astray."""

    line_search: bool = False
    """L-BFGS searches each step's length (strong Wolfe); slower, for hard cases."""

    averaging: float = 0.0
    """Adam shows the running mean of its pictures, with this decay; 0: the last one."""

    pixel_range: float = 255.0
    """Value of white in the optimizer's eyes. The published programs optimize in 0–255."""

    boxed: bool = False
    """Keep every pixel within black and white while optimizing."""

    def __post_init__(self) -> None:
        for name in ("iterations", "history"):
            require(getattr(self, name) >= 1, name, getattr(self, name), "1 or more")
        require(0 < self.finer_share < inf, "finer_share", self.finer_share, "above 0, and finite")
        require(self.coarsest == 0 or self.coarsest >= SMALLEST_SIDE, "coarsest", self.coarsest, "0, or 32 or more")
        require(0 <= self.first_move < inf, "first_move", self.first_move, "0 or more, and finite")
        require(0 <= self.largest_move < inf, "largest_move", self.largest_move, "0 or more, and finite")
        require(0 < self.learning_rate < inf, "learning_rate", self.learning_rate, "above 0, and finite")
        require(0 <= self.averaging < 1, "averaging", self.averaging, "0 or more, and below 1")
        require(0 < self.pixel_range < inf, "pixel_range", self.pixel_range, "above 0, and finite")


def require(holds: bool, name: str, given: object, expected: str) -> None:
    """Raise an InputError that names the option, what was given, and what is expected."""
    if not holds:
        raise InputError(f"{name.replace('_', '-')} is {given}: it must be {expected}.")


def require_size(picture: Image, what: str) -> None:
    """Raise an InputError for a picture too small to be painted."""
    size = Size.of(picture)
    if min(size) < SMALLEST_SIDE:
        raise InputError(f"{what} is {size} pixels: give one of at least {SMALLEST_SIDE} pixels a side.")


def measured(size: Size, measure: Measure) -> float:
    """A size as `measure` says: its long side, its short side, or the side of a square of the same area."""
    return {"long": max(size), "short": min(size), "area": sqrt(size.area)}[measure]


def check(options: object) -> None:
    """Let every group of a recipe's options check its own fields."""
    for group in type(options).__mro__[1:]:
        if "__post_init__" in vars(group):
            vars(group)["__post_init__"](options)
