"""Options of texture synthesis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Unpack

from brushwork.choices import Padding, Pooling
from brushwork.images.geometry import Size, fit_size
from brushwork.options import (
    CanvasOptions,
    Init,
    InitOptions,
    Measure,
    OptimizerOptions,
    ScheduleLevel,
    StyleOptions,
    check_options,
    parse_size,
    register,
)
from brushwork.recipes.recipe import RecipeOptions, RunArguments

if TYPE_CHECKING:
    from brushwork.controls.inputs import RecipeInputs
    from brushwork.recipes.multiscale import Progress


@register
@dataclass(frozen=True, kw_only=True)
class TextureOptions(CanvasOptions, StyleOptions, InitOptions, OptimizerOptions, RecipeOptions):
    """Options of texture synthesis."""

    method: ClassVar[str] = "texture"
    takes_styles: ClassVar[bool] = False
    is_opaque: ClassVar[bool] = True
    content_name: ClassVar[str] = "the source image"
    larger_content: ClassVar[str] = "a larger --picture-size"

    size: str = ""
    """Size of the result in pixels, WIDTHxHEIGHT; empty: the size at which the source image is encoded."""

    picture_size: int = 256
    """Size at which the source image is encoded, in pixels, measured as `measure` says."""

    measure: Measure = "area"
    """What `picture_size` measures: the long side, the short side, the height, or the side of a square of equal
    area."""

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
    """Size to start at for coarse-to-fine optimization, the long side in pixels, multiplied by `size_step` until
    the full size; 0: one size only."""

    max_step: float = 0.0
    """Largest mean change of a pixel in one L-BFGS step, white being 1; 0: no limit, which textures that start from
    noise need."""

    history: int = 20
    """Number of L-BFGS correction pairs, 20 as in the authors' program; each takes twice the memory of the image."""

    def __post_init__(self) -> None:
        check_options(self)

    @property
    def encoded_layers(self) -> tuple[str, ...]:
        """The style layers."""
        return self.style_layers

    def schedule(self, content: Size) -> list[ScheduleLevel]:
        """Return the levels from `min_size` to the size of the result."""
        canvas = texture_size(self, self._encoded_size(content))
        return self.make_schedule(canvas, max(canvas), "long")

    def content_size(self, level: Size, content: Size) -> Size:
        """Return the size at which the source image is encoded when the result has the size `level`."""
        encoded = self._encoded_size(content)
        pixels = max(1, round(max(encoded) * max(level) / max(texture_size(self, encoded))))
        return fit_size(encoded, pixels, measure="long")

    def _encoded_size(self, content: Size) -> Size:
        """Return the size at which the source image is encoded for the finest level."""
        return fit_size(content, self.picture_size, measure=self.measure)

    def run(self, images: RecipeInputs, **how: Unpack[RunArguments]) -> Iterator[Progress]:
        """Run `synthesize_texture`."""
        from brushwork.recipes.texture_synthesis import (
            synthesize_texture,  # imports torch, which the options do not need
        )

        return synthesize_texture(images.content, self, init=images.init, **how)


def texture_size(options: TextureOptions, encoded: Size) -> Size:
    """Return the size of the result."""
    return parse_size(options.size) if options.size else encoded
