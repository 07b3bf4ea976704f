"""All recipes behind one door: what a job, a command or a form asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from brushwork.perception import Encoder
from brushwork.picture.resample import fit
from brushwork.picture.window import Size
from brushwork.recipes.coarse_to_fine import Level, Progress, Saved, levels
from brushwork.recipes.coloring import finished
from brushwork.recipes.mdan import Mdan, level_of, mdan
from brushwork.recipes.pictures import Pictures
from brushwork.recipes.reconstruct import ReconstructContent, reconstruct_content
from brushwork.recipes.share import ALONE, Share
from brushwork.recipes.texture import Texture, canvas_size, texture
from brushwork.recipes.transfer import Transfer, transfer
from brushwork.types import Image

Options: TypeAlias = Transfer | ReconstructContent | Texture | Mdan
"""The options of one recipe; their type says which."""


def run(
    options: Options,
    pictures: Pictures,
    *,
    encoder: Encoder | None = None,
    saved: Saved | None = None,
    share: Share = ALONE,
) -> Iterator[Progress]:
    """Run the recipe that the options belong to, for this process's share of the picture.

    Raises: InputError, WeightsError, Diverged: as the recipes.
    """
    content, paintings, start, regions = pictures
    match options:
        case Transfer():
            return transfer(
                content, paintings, options, encoder=encoder, start=start, saved=saved, share=share, regions=regions
            )
        case ReconstructContent():
            return reconstruct_content(content, options, encoder=encoder, start=start, saved=saved, share=share)
        case Texture():
            return texture(content, options, encoder=encoder, start=start, saved=saved, share=share)
        case Mdan():
            return mdan(content, paintings, options, encoder=encoder, start=start, saved=saved, share=share)


def finish(options: Options, content: Image, painted: Image) -> Image:
    """What a recipe makes of the whole optimized picture in the end: other colors, where that is asked."""
    return finished(options, content, painted) if isinstance(options, Transfer) else painted


def plan(options: Options, content: Size) -> list[Level]:
    """The sizes and closures that a recipe would go through, for a picture of a size. Runs nothing."""
    if isinstance(options, Texture):
        canvas = canvas_size(options, fit(content, options.picture_size, by=options.measure))
        return levels(canvas, max(canvas), "long", options)
    if isinstance(options, Mdan):
        return [level_of(options, content)]
    return levels(content, options.size, options.measure, options)


def taps(options: Options) -> tuple[str, ...]:
    """Where a recipe reads the network."""
    match options:
        case Transfer():
            return (*options.content_layers, *options.style_layers)
        case ReconstructContent():
            return (options.layer,)
        case Texture():
            return options.style_layers
        case Mdan():
            return options.content_layer, options.style_layer


def closing_early(options: Options, closures: int) -> Options:
    """The same options for so many closures at one size only."""
    if isinstance(options, Mdan):
        return replace(options, iterations=closures)
    return replace(options, iterations=closures, coarsest=0)
