"""The sizes at which a network is shown a job's pictures."""

from __future__ import annotations

from brushwork.errors import InputError
from brushwork.jobs.inputs import Sizes
from brushwork.perception import Encoder
from brushwork.picture import Size
from brushwork.recipes import Mdan, Options, Texture, Transfer, plan, taps
from brushwork.recipes.mdan import painting_size
from brushwork.recipes.scales import scales_of, style_size
from brushwork.recipes.texture import picture_size_at


def shown(options: Options, sizes: Sizes, level: Size) -> dict[str, Size]:
    """What the network is shown while the result has the size of a level."""
    found = {"the result": level}
    if isinstance(options, Transfer):
        for number, painting in enumerate(sizes.paintings):
            for scale in scales_of(options, number, len(sizes.paintings)):
                at = f" at scale {scale:g}" if scale != 1 else ""
                found[f"painting {number + 1}{at}"] = style_size(options, level, painting, scale)
    if isinstance(options, Mdan):
        for number, painting in enumerate(sizes.paintings, start=1):
            found[f"painting {number}"] = painting_size(options, level, painting, max(options.scales))
    if isinstance(options, Texture):
        found["the picture"] = picture_size_at(options, level, sizes.content)
    return found


def largest_shown(options: Options, sizes: Sizes) -> int:
    """Pixels of the largest picture that the network is shown."""
    finest = plan(options, sizes.content)[-1].size
    return max(size.area for size in shown(options, sizes, finest).values())


def require_visible(options: Options, sizes: Sizes, encoder: Encoder) -> None:
    """Refuse pictures that are too small, at the coarsest level, for the deepest layer to see anything.

    Raises: InputError: such a picture, or a layer that the network does not have.
    """
    smallest = encoder.smallest(taps(options))
    for what, size in _smallest_shown(options, sizes).items():
        if min(size) < smallest:
            raise InputError(
                f"{what} would be {size} pixels at first, and the layers of {encoder.name} need {smallest} a side: "
                "take a larger size or coarsest, or a picture that is less long."
            )


def is_visible(options: Options, sizes: Sizes, encoder: Encoder) -> bool:
    """Whether the deepest layer sees something of every picture."""
    smallest = encoder.smallest(taps(options))
    return all(min(size) >= smallest for size in _smallest_shown(options, sizes).values())


def _smallest_shown(options: Options, sizes: Sizes) -> dict[str, Size]:
    return shown(options, sizes, plan(options, sizes.content)[0].size)
