"""Texture synthesis: new pictures, of any size, with the style of a picture and no content."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from brushwork.perception.encoder import Encoder
from brushwork.perception.vgg import Padding, Pooling
from brushwork.picture.read import Source
from brushwork.picture.resample import fit, resize
from brushwork.picture.window import Size
from brushwork.recipes.balance import style_objective, style_of
from brushwork.recipes.coarse_to_fine import Progress, Saved, coarse_to_fine, levels
from brushwork.recipes.convention import CONVENTIONS
from brushwork.recipes.losses import Models
from brushwork.recipes.options import (
    SMALLEST_SIDE,
    Descending,
    Measure,
    Seeing,
    Start,
    Starting,
    WeighingStyle,
    check,
    require,
)
from brushwork.recipes.pictures import Pictures
from brushwork.recipes.redrawing import Redrawing, redrawing
from brushwork.recipes.seeing import encoder_for
from brushwork.recipes.share import ALONE, Share
from brushwork.recipes.start import beginning
from brushwork.types import Evaluate


@dataclass(frozen=True, kw_only=True)
class Texture(WeighingStyle, Starting, Descending, Seeing):
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

    start: Start = "noise"
    """Starting point: the picture itself (content or style), white noise, or gray."""

    style_layers: tuple[str, ...] = ("conv1_1", "pool1", "pool2", "pool3", "pool4")
    """Layers whose Gram matrices are the texture."""

    style_weight: float = 1e9
    """Weight of each layer; 0 or more."""

    style_falloff: float = 1.0
    """Each layer weighs this many times less than the one before it, 1 in the mean; 1: all alike, as the authors."""

    spread_weight: float = 0.0
    """Weight of each layer's channel means and standard deviations, beside their Gram matrix; 0 or more."""

    iterations: int = 500
    """Closures (looks at the picture, forward and backward) at the first size; 1 or more."""

    coarsest: int = 0
    """Paint coarse to fine: begin at about this many pixels (as `measure` says) and double; 0: one size only."""

    largest_move: float = 0.0
    """How far L-BFGS moves the pixels in one step, in the mean, white being 1, at most; 0: as far as it likes, which
    textures need that begin with noise."""

    history: int = 20
    """Correction pairs that L-BFGS remembers, 20 as the authors; each takes twice the picture's memory."""

    def __post_init__(self) -> None:
        check(self)
        require(
            self.size == "" or bool(_SIZE.fullmatch(self.size)), "size", repr(self.size), "WIDTHxHEIGHT, as 1024x512"
        )


TEXTURES = replace(CONVENTIONS["paper"], averaged=False)
"""Each layer has its weight whole: w_l = 1 (1505.07376, fig. 2, and the authors' program)."""

_SIZE = re.compile(r"(\d+)[x×](\d+)")


def texture(
    picture: Source,
    options: Texture,
    *,
    encoder: Encoder | None = None,
    start: Source | None = None,
    saved: Saved | None = None,
    share: Share = ALONE,
) -> Iterator[Progress]:
    """Synthesize a texture, step by step; with the picture's own size, a style reconstruction.

    Raises: InputError, Diverged: as `transfer`.
    Source: Gatys, Ecker, Bethge, 1505.07376; style reconstructions: 1508.06576, fig. 1 (a–e).
    """
    given = Pictures.of(picture, start=start, what="the picture")
    eye = encoder or encoder_for(options, given.content.device)
    own, _, begun, _ = given.to(eye)
    looked_at = fit(Size.of(own), options.picture_size, by=options.measure)
    canvas = canvas_size(options, looked_at)
    plan = levels(canvas, max(canvas), "long", options)

    def evaluate_at(size: Size) -> Evaluate | Redrawing:
        scaled = resize(own, picture_size_at(options, size, Size.of(own)), clamp=True)
        (style,) = style_of([scaled], eye, options.style_layers, share)
        models = Models([scaled], [1.0], style, eye, size, options.seed, share)
        objective = style_objective(style, options, TEXTURES, models)
        return redrawing(objective, lambda one: share.evaluate(eye, one, size))

    if begun is None:
        begun = beginning(options, plan[0].size, own, own, options.white)
    return coarse_to_fine(plan, evaluate_at, begun, options, saved, share)


def canvas_size(options: Texture, looked_at: Size) -> Size:
    """The size of the result.

    Raises: InputError: a side below the smallest that can be painted.
    """
    if not options.size:
        return looked_at
    width, height = map(int, _SIZE.fullmatch(options.size).groups())  # type: ignore[union-attr]
    require(min(width, height) >= SMALLEST_SIDE, "size", options.size, f"at least {SMALLEST_SIDE} pixels a side")
    return Size(height, width)


def picture_size_at(options: Texture, size: Size, picture: Size) -> Size:
    """The size at which a picture is looked at, while the result has a size."""
    looked_at = fit(picture, options.picture_size, by=options.measure)
    pixels = max(1, round(max(looked_at) * max(size) / max(canvas_size(options, looked_at))))
    return fit(looked_at, pixels, by="long")
