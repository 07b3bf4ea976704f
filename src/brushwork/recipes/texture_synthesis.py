"""Texture synthesis: new images of any size, with the style of an image and no content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from brushwork.controls.inputs import RecipeInputs, require_single
from brushwork.encoders.encoder import Encoder
from brushwork.gradients.partition import FULL_IMAGE, Partition
from brushwork.images.geometry import Size
from brushwork.images.read import ImageInput
from brushwork.images.resample import resize
from brushwork.options import require_options
from brushwork.options.encoder import choose_encoder
from brushwork.recipes.init_image import make_init_image
from brushwork.recipes.multiscale import (
    Progress,
    ResampledObjective,
    ResumeState,
    optimize_multiscale,
    resume_on,
    with_resampling,
)
from brushwork.recipes.normalization import NORMALIZATIONS
from brushwork.recipes.objectives import require_distinct, style_objective
from brushwork.recipes.style_targets import StyleTargets
from brushwork.recipes.texture_options import TextureOptions
from brushwork.style import Style
from brushwork.types import Evaluate

TEXTURES = replace(NORMALIZATIONS["paper"], is_averaged=False)
"""Normalization in which each layer has its full weight, w_l = 1.

Source: 1505.07376, fig. 2, and the authors' program.
"""


@torch.inference_mode(False)
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

    Raises: InputError, DivergedError: as in `transfer`.
    Source: Gatys, Ecker, Bethge, 1505.07376; style reconstructions: 1508.06576, fig. 1 (a–e).
    """
    require_options(options, TextureOptions)
    given = RecipeInputs.of(image, init=init, what="the source image")
    require_single(given.content, "the source image")
    network = choose_encoder(encoder, options, given.content.device)
    source, _, init_image, _ = given.to(network)
    plan = options.schedule(Size.of(source))

    def evaluate_at(size: Size) -> Evaluate | ResampledObjective:
        scaled = resize(source, options.content_size(size, Size.of(source)), clamp=True)
        style = Style.of(scaled, network, require_distinct(network, options.style_layers), partition.sum_over_image)
        targets = StyleTargets([scaled], [1.0], style, network, size, options.seed, partition)
        objective = style_objective(style, options, TEXTURES, targets)
        return with_resampling(objective, lambda one: partition.evaluate(network, one, size))

    start = resume_on(source.device, resume) or init_image
    if start is None:
        start = make_init_image(options, plan[0].size, source, source, options.encoder_scale)
    return optimize_multiscale(plan, evaluate_at, start, options, partition)
