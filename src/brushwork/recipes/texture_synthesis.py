"""Texture synthesis: new images, of any size, with the style of an image and no content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from brushwork.choices import Padding, Pooling
from brushwork.controls.inputs import RecipeInputs
from brushwork.encoders.encoder import Encoder
from brushwork.gradients.partition import FULL_IMAGE, Partition
from brushwork.images.geometry import Size
from brushwork.images.read import ImageInput
from brushwork.images.resample import fit_size, resize
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
from brushwork.options.groups import load_encoder_for
from brushwork.recipes.init_image import make_init_image
from brushwork.recipes.multiscale import (
    Progress,
    ResampledObjective,
    ResumeState,
    make_schedule,
    optimize_multiscale,
    with_resampling,
)
from brushwork.recipes.normalization import NORMALIZATIONS
from brushwork.recipes.objectives import require_distinct, style_objective
from brushwork.recipes.recipe import RecipeOptions
from brushwork.recipes.style_targets import StyleTargets
from brushwork.style import Style
from brushwork.types import Evaluate


@register
@dataclass(frozen=True, kw_only=True)
class TextureOptions(CanvasOptions, StyleOptions, InitOptions, OptimizerOptions, RecipeOptions):
    """Options of texture synthesis."""

    method: ClassVar[str] = "texture"
    takes_styles: ClassVar[bool] = False
    is_opaque: ClassVar[bool] = True

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

    @property
    def encoded_layers(self) -> tuple[str, ...]:
        """The style layers."""
        return self.style_layers

    def schedule(self, content: Size) -> list[ScheduleLevel]:
        """Return the levels from `min_size` to the size of the result."""
        canvas = texture_size(self, self._encoded_size(content))
        return make_schedule(canvas, max(canvas), "long", self)

    def content_size(self, level: Size, content: Size) -> Size:
        """Return the size at which the source image is encoded while the result has the size `level`."""
        looked_at = self._encoded_size(content)
        pixels = max(1, round(max(looked_at) * max(level) / max(texture_size(self, looked_at))))
        return fit_size(looked_at, pixels, measure="long")

    def _encoded_size(self, content: Size) -> Size:
        """Return the size at which the source image is encoded for the finest level."""
        return fit_size(content, self.picture_size, measure=self.measure)

    def run(
        self,
        images: RecipeInputs,
        *,
        encoder: Encoder | None = None,
        resume: ResumeState | None = None,
        partition: Partition = FULL_IMAGE,
    ) -> Iterator[Progress]:
        """Run `synthesize_texture`."""
        return synthesize_texture(
            images.content, self, encoder=encoder, init=images.init, resume=resume, partition=partition
        )


TEXTURES = replace(NORMALIZATIONS["paper"], is_averaged=False)
"""Normalization in which each layer has its full weight, w_l = 1.

Source: 1505.07376, fig. 2, and the authors' program.
"""


def synthesize_texture(
    image: ImageInput,
    options: TextureOptions,
    *,
    encoder: Encoder | None = None,
    init: ImageInput | None = None,
    resume: ResumeState | None = None,
    partition: Partition = FULL_IMAGE,
) -> Iterator[Progress]:
    """Synthesize a texture, step by step; at the source image's own size, this is a style reconstruction.

    Raises: InputError, DivergedError: as `transfer`.
    Source: Gatys, Ecker, Bethge, 1505.07376; style reconstructions: 1508.06576, fig. 1 (a–e).
    """
    given = RecipeInputs.of(image, init=init, what="the picture")
    eye = encoder or load_encoder_for(options, given.content.device)
    own, _, begun, _ = given.to(eye)
    plan = options.schedule(Size.of(own))

    def evaluate_at(size: Size) -> Evaluate | ResampledObjective:
        scaled = resize(own, options.content_size(size, Size.of(own)), clamp=True)
        style = Style.of(scaled, eye, require_distinct(eye, options.style_layers), partition.sum_over_image)
        targets = StyleTargets([scaled], [1.0], style, eye, size, options.seed, partition)
        objective = style_objective(style, options, TEXTURES, targets)
        return with_resampling(objective, lambda one: partition.evaluate(eye, one, size))

    if begun is None:
        begun = make_init_image(options, plan[0].size, own, own, options.encoder_scale)
    return optimize_multiscale(plan, evaluate_at, begun, options, resume, partition)


def texture_size(options: TextureOptions, looked_at: Size) -> Size:
    """Return the size of the result."""
    return parse_size(options.size) if options.size else looked_at
