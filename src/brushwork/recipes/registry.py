"""All recipes behind one door: what a job, a command or a form asks for."""

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
"""The options of one recipe; their type says which."""


def run_recipe(
    options: RecipeOptions,
    images: RecipeInputs,
    *,
    encoder: Encoder | None = None,
    resume: ResumeState | None = None,
    partition: Partition = FULL_IMAGE,
) -> Iterator[Progress]:
    """Run the recipe that the options belong to, for this process's share of the picture.

    Raises: InputError, WeightsError, Diverged: as the recipes.
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
    """What a recipe makes of the whole optimized picture in the end: other colors, where that is asked."""
    return apply_colors(options, content, painted) if isinstance(options, TransferOptions) else painted


def schedule(options: RecipeOptions, content: Size) -> list[ScheduleLevel]:
    """The sizes and closures that a recipe would go through, for a picture of a size. Runs nothing."""
    if isinstance(options, TextureOptions):
        canvas = texture_size(options, fit_size(content, options.picture_size, measure=options.measure))
        return make_schedule(canvas, max(canvas), "long", options)
    if isinstance(options, MDANOptions):
        return [mdan_level(options, content)]
    return make_schedule(content, options.size, options.measure, options)


def encoded_layers(options: RecipeOptions) -> tuple[str, ...]:
    """Where a recipe reads the network."""
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
    """The same options for so many closures at one size only."""
    if isinstance(options, MDANOptions):
        return replace(options, iterations=iterations)
    return replace(options, iterations=iterations, min_size=0)
