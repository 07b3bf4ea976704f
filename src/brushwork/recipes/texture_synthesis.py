"""Texture synthesis: new images, of any size, with the style of an image and no content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from brushwork.controls.inputs import RecipeInputs
from brushwork.encoders.encoder import Encoder
from brushwork.gradients.partition import FULL_IMAGE, Partition
from brushwork.images.geometry import Size
from brushwork.images.read import ImageInput
from brushwork.images.resample import fit_size, resize
from brushwork.options import SMALLEST_SIDE, require_option
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
from brushwork.recipes.objectives import combined_style, style_objective
from brushwork.recipes.options import SIZE_PATTERN, TextureOptions
from brushwork.recipes.style_targets import StyleTargets
from brushwork.types import Evaluate

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
    """Return the size of the result.

    Raises: InputError: a side is smaller than `SMALLEST_SIDE`.
    """
    if not options.size:
        return looked_at
    width, height = map(int, SIZE_PATTERN.fullmatch(options.size).groups())  # type: ignore[union-attr]
    require_option(min(width, height) >= SMALLEST_SIDE, "size", options.size, f"at least {SMALLEST_SIDE} pixels a side")
    return Size(height, width)


def source_size_at(options: TextureOptions, size: Size, image: Size) -> Size:
    """Return the size at which the source image is encoded while the result has a given size."""
    looked_at = fit_size(image, options.picture_size, measure=options.measure)
    pixels = max(1, round(max(looked_at) * max(size) / max(texture_size(options, looked_at))))
    return fit_size(looked_at, pixels, measure="long")
