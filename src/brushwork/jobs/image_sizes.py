"""The sizes at which a job encodes its images."""

from __future__ import annotations

from typing import NamedTuple

from brushwork.encoders import Encoder
from brushwork.errors import InputError
from brushwork.images import Size
from brushwork.options import MethodOptions
from brushwork.recipes import RecipeOptions


class InputSizes(NamedTuple):
    """Sizes of a job's input images."""

    content: Size
    styles: tuple[Size, ...]
    regions: tuple[tuple[Size, Size, int], ...] = ()
    """For each region, the sizes of its two masks and the index of its style."""


def largest_style_size(
    options: MethodOptions, finest: Size, style: Size, number: int, styles: int
) -> tuple[float, Size]:
    """Return the largest style scale of a style image, and the size at which it is then encoded.

    Raises: InputError: the options do not fit the number of style images.
    """
    sizes = options.style_sizes(finest, style, number, styles)
    largest = max(sizes)
    return largest, sizes[largest]


def encoded_sizes(options: RecipeOptions, sizes: InputSizes, level: Size) -> dict[str, Size]:
    """Return the size of every image that is encoded while the result has the size `level`."""
    found = {"the result": level, options.content_name: options.content_size(level, sizes.content)}
    for number, style in enumerate(sizes.styles):
        for scale, size in options.style_sizes(level, style, number, len(sizes.styles)).items():
            at = f" at scale {scale:g}" if scale != 1 else ""
            found[f"style image {number + 1}{at}"] = size
    return found


def require_encodable(options: RecipeOptions, sizes: InputSizes, coarsest: Size, encoder: Encoder) -> None:
    """Check that at the coarsest level every image is large enough for the deepest layer.

    Raises: InputError: an image is too small, or the encoder does not have a layer.
    """
    smallest = encoder.min_size(options.encoded_layers)
    for what, size in encoded_sizes(options, sizes, coarsest).items():
        if min(size) < smallest:
            larger = (options if what == options.content_name else RecipeOptions).larger_content
            raise InputError(
                f"{what} would begin at {size} pixels, but the layers of {encoder.name} need {smallest} a side: use "
                f"{larger}, or an image that is less elongated."
            )


def is_encodable(options: RecipeOptions, sizes: InputSizes, encoder: Encoder) -> bool:
    """Return whether every image is large enough for the deepest layer at the coarsest level."""
    smallest = encoder.min_size(options.encoded_layers)
    coarsest = options.schedule(sizes.content)[0].size
    return all(min(size) >= smallest for size in encoded_sizes(options, sizes, coarsest).values())
