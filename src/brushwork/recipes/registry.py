"""Common interface to all recipes, for jobs, commands and forms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from brushwork.controls.color import apply_colors
from brushwork.controls.inputs import RecipeInputs
from brushwork.encoders import Encoder
from brushwork.gradients.partition import FULL_IMAGE, Partition
from brushwork.images.geometry import Size
from brushwork.images.resample import fit_size
from brushwork.recipes.mdan import mdan_level, transfer_mdan
from brushwork.recipes.multiscale import Progress, ResumeState, ScheduleLevel, make_schedule
from brushwork.recipes.options import MDANOptions, ReconstructionOptions, TextureOptions, TransferOptions
from brushwork.recipes.reconstruction import reconstruct
from brushwork.recipes.style_transfer import transfer
from brushwork.recipes.texture_synthesis import synthesize_texture, texture_size
from brushwork.types import Image

RecipeOptions: TypeAlias = TransferOptions | ReconstructionOptions | TextureOptions | MDANOptions
"""Options of any recipe; their type selects the recipe."""


def run_recipe(
    options: RecipeOptions,
    images: RecipeInputs,
    *,
    encoder: Encoder | None = None,
    resume: ResumeState | None = None,
    partition: Partition = FULL_IMAGE,
) -> Iterator[Progress]:
    """Run the recipe that the options belong to, for this process's part of the image.

    Raises: InputError, WeightsError, DivergedError: as the recipes do.
    """
    content, styles, init, regions = images
    match options:
        case TransferOptions():
            return transfer(
                content,
                styles,
                options,
                encoder=encoder,
                init=init,
                resume=resume,
                partition=partition,
                regions=regions,
            )
        case ReconstructionOptions():
            return reconstruct(content, options, encoder=encoder, init=init, resume=resume, partition=partition)
        case TextureOptions():
            return synthesize_texture(content, options, encoder=encoder, init=init, resume=resume, partition=partition)
        case MDANOptions():
            return transfer_mdan(
                content, styles, options, encoder=encoder, init=init, resume=resume, partition=partition
            )


def postprocess(options: RecipeOptions, content: Image, painted: Image) -> Image:
    """Apply the recipe's final step to the full optimized image: color changes, if the options ask for any."""
    return apply_colors(options, content, painted) if isinstance(options, TransferOptions) else painted


def schedule(options: RecipeOptions, content: Size) -> list[ScheduleLevel]:
    """Return the sizes and iterations of a recipe for a content image of a given size. Runs nothing."""
    if isinstance(options, TextureOptions):
        canvas = texture_size(options, fit_size(content, options.picture_size, measure=options.measure))
        return make_schedule(canvas, max(canvas), "long", options)
    if isinstance(options, MDANOptions):
        return [mdan_level(options, content)]
    return make_schedule(content, options.size, options.measure, options)


def encoded_layers(options: RecipeOptions) -> tuple[str, ...]:
    """Return the encoder layers that a recipe uses."""
    match options:
        case TransferOptions():
            return (*options.content_layers, *options.style_layers)
        case ReconstructionOptions():
            return (options.layer,)
        case TextureOptions():
            return options.style_layers
        case MDANOptions():
            return options.content_layer, options.style_layer


def with_single_level(options: RecipeOptions, iterations: int) -> RecipeOptions:
    """Return the same options for the given number of iterations at one size only."""
    if isinstance(options, MDANOptions):
        return replace(options, iterations=iterations)
    return replace(options, iterations=iterations, min_size=0)
