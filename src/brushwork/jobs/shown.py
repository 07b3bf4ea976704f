"""The sizes at which a network is shown a job's pictures."""

from __future__ import annotations

from brushwork.errors import InputError
from brushwork.jobs.inputs import InputSizes
from brushwork.perception import Encoder
from brushwork.picture import Size
from brushwork.recipes import MDANOptions, RecipeOptions, TextureOptions, TransferOptions, encoded_layers, schedule
from brushwork.recipes.mdan import mdan_style_size
from brushwork.recipes.scales import scales_for, style_size
from brushwork.recipes.texture import source_size_at


def encoded_sizes(options: RecipeOptions, sizes: InputSizes, level: Size) -> dict[str, Size]:
    """What the network is shown while the result has the size of a level."""
    found = {"the result": level}
    if isinstance(options, TransferOptions):
        for number, style in enumerate(sizes.styles):
            for scale in scales_for(options, number, len(sizes.styles)):
                at = f" at scale {scale:g}" if scale != 1 else ""
                found[f"painting {number + 1}{at}"] = style_size(options, level, style, scale)
    if isinstance(options, MDANOptions):
        for number, style in enumerate(sizes.styles, start=1):
            found[f"painting {number}"] = mdan_style_size(options, level, style, max(options.scales))
    if isinstance(options, TextureOptions):
        found["the picture"] = source_size_at(options, level, sizes.content)
    return found


def max_encoded_pixels(options: RecipeOptions, sizes: InputSizes) -> int:
    """Pixels of the largest picture that the network is shown."""
    finest = schedule(options, sizes.content)[-1].size
    return max(size.area for size in encoded_sizes(options, sizes, finest).values())


def require_encodable(options: RecipeOptions, sizes: InputSizes, encoder: Encoder) -> None:
    """Refuse pictures that are too small, at the coarsest level, for the deepest layer to see anything.

    Raises: InputError: such a picture, or a layer that the network does not have.
    """
    smallest = encoder.min_size(encoded_layers(options))
    for what, size in _smallest_shown(options, sizes).items():
        if min(size) < smallest:
            raise InputError(
                f"{what} would be {size} pixels at first, and the layers of {encoder.name} need {smallest} a side: "
                "take a larger size or coarsest, or a picture that is less long."
            )


def is_encodable(options: RecipeOptions, sizes: InputSizes, encoder: Encoder) -> bool:
    """Whether the deepest layer sees something of every picture."""
    smallest = encoder.min_size(encoded_layers(options))
    return all(min(size) >= smallest for size in _smallest_shown(options, sizes).values())


def _smallest_shown(options: RecipeOptions, sizes: InputSizes) -> dict[str, Size]:
    return encoded_sizes(options, sizes, schedule(options, sizes.content)[0].size)
