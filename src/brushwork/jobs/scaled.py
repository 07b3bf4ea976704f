"""The same options for another size."""

from __future__ import annotations

from dataclasses import replace

from brushwork.picture import Size, fit
from brushwork.recipes import Options, Texture
from brushwork.recipes.options import SMALLEST_SIDE, measured


def scaled(options: Options, size: int, canvas: Size) -> Options:
    """The options with another `size`; for a texture, the long side of a canvas of the same proportions."""
    if not isinstance(options, Texture):
        return replace(options, size=size)
    height, width = (max(SMALLEST_SIDE, side) for side in fit(canvas, size, by="long"))
    return replace(options, size=f"{width}x{height}")


def size_of(options: Options, canvas: Size) -> int:
    """The opposite: the size that the options name, in pixels."""
    if isinstance(options, Texture):
        return max(canvas)
    return round(measured(canvas, options.measure)) if options.size == "full" else options.size
