"""Texture synthesis: new pictures, of any size, with the style of a picture and no content."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from brushwork.perception.encoder import Encoder
from brushwork.perception.vgg import Padding, Pooling
from brushwork.picture.read import ImageInput
from brushwork.picture.resample import fit_size, resize
from brushwork.picture.window import Size
from brushwork.recipes.balance import combined_style, style_objective
from brushwork.recipes.coarse_to_fine import Progress, ResumeState, make_schedule, optimize_multiscale
from brushwork.recipes.convention import NORMALIZATIONS
from brushwork.recipes.losses import StyleTargets
from brushwork.recipes.options import (
    SMALLEST_SIDE,
    EncoderOptions,
    Init,
    InitOptions,
    Measure,
    OptimizerOptions,
    StyleOptions,
    check_options,
    require_option,
)
from brushwork.recipes.pictures import RecipeInputs
from brushwork.recipes.redrawing import ResampledObjective, with_resampling
from brushwork.recipes.seeing import load_encoder_for
from brushwork.recipes.share import FULL_IMAGE, Partition
from brushwork.recipes.start import make_init_image
from brushwork.types import Evaluate


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
            self.size == "" or bool(_SIZE.fullmatch(self.size)), "size", repr(self.size), "WIDTHxHEIGHT, as 1024x512"
        )


TEXTURES = replace(NORMALIZATIONS["paper"], is_averaged=False)
"""Each layer has its weight whole: w_l = 1 (1505.07376, fig. 2, and the authors' program)."""

_SIZE = re.compile(r"(\d+)[x×](\d+)")


def synthesize_texture(
    image: ImageInput,
    options: TextureOptions,
    *,
    encoder: Encoder | None = None,
    init: ImageInput | None = None,
    resume: ResumeState | None = None,
    partition: Partition = FULL_IMAGE,
) -> Iterator[Progress]:
    """Synthesize a texture, step by step; with the picture's own size, a style reconstruction.

    Raises: InputError, Diverged: as `transfer`.
    Source: Gatys, Ecker, Bethge, 1505.07376; style reconstructions: 1508.06576, fig. 1 (a–e).
    """
    given = RecipeInputs.of(image, init=init, what="the picture")
    eye = encoder or load_encoder_for(options, given.content.device)
    own, _, begun, _ = given.to(eye)
    looked_at = fit_size(Size.of(own), options.picture_size, measure=options.measure)
    canvas = texture_size(options, looked_at)
    plan = make_schedule(canvas, max(canvas), "long", options)

    def evaluate_at(size: Size) -> Evaluate | ResampledObjective:
        scaled = resize(own, source_size_at(options, size, Size.of(own)), clamp=True)
        (style,) = combined_style([scaled], eye, options.style_layers, partition)
        targets = StyleTargets([scaled], [1.0], style, eye, size, options.seed, partition)
        objective = style_objective(style, options, TEXTURES, targets)
        return with_resampling(objective, lambda one: partition.evaluate(eye, one, size))

    if begun is None:
        begun = make_init_image(options, plan[0].size, own, own, options.encoder_scale)
    return optimize_multiscale(plan, evaluate_at, begun, options, resume, partition)


def texture_size(options: TextureOptions, looked_at: Size) -> Size:
    """The size of the result.

    Raises: InputError: a side below the smallest that can be painted.
    """
    if not options.size:
        return looked_at
    width, height = map(int, _SIZE.fullmatch(options.size).groups())  # type: ignore[union-attr]
    require_option(min(width, height) >= SMALLEST_SIDE, "size", options.size, f"at least {SMALLEST_SIDE} pixels a side")
    return Size(height, width)


def source_size_at(options: TextureOptions, size: Size, image: Size) -> Size:
    """The size at which a picture is looked at, while the result has a size."""
    looked_at = fit_size(image, options.picture_size, measure=options.measure)
    pixels = max(1, round(max(looked_at) * max(size) / max(texture_size(options, looked_at))))
    return fit_size(looked_at, pixels, measure="long")
