"""The same options for another size."""

from __future__ import annotations

from dataclasses import replace

from brushwork.picture import Size, fit_size
from brushwork.recipes import RecipeOptions, TextureOptions
from brushwork.recipes.options import SMALLEST_SIDE, measured_size


def with_size(options: RecipeOptions, size: int, canvas: Size) -> RecipeOptions:
    """The options with another `size`; for a texture, the long side of a canvas of the same proportions."""
    if not isinstance(options, TextureOptions):
        return replace(options, size=size)
    height, width = (max(SMALLEST_SIDE, side) for side in fit_size(canvas, size, measure="long"))
    return replace(options, size=f"{width}x{height}")


def option_size(options: RecipeOptions, canvas: Size) -> int:
    """The opposite: the size that the options name, in pixels."""
    if isinstance(options, TextureOptions):
        return max(canvas)
    return round(measured_size(canvas, options.measure)) if options.size == "full" else options.size
