"""Style scale: the size of style images relative to the content image; larger gives larger strokes."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING, NamedTuple, Protocol

from brushwork.choices import StyleFit
from brushwork.errors import InputError
from brushwork.images.geometry import Size, fit_size
from brushwork.options import Measure, measured_size, require_option

if TYPE_CHECKING:
    from brushwork.controls.style_file import StyleFile
    from brushwork.types import Image

LARGEST_ENLARGEMENT = 1.5
"""Maximum enlargement of a `limited` style image: enlarged more, it would have no fine strokes."""


class ScaleOptions(Protocol):
    """Options that determine the size at which style images are encoded."""

    @property
    def measure(self) -> Measure: ...

    @property
    def style_scale(self) -> tuple[float, ...]:
        """Sizes of the style images relative to the content."""


def require_style_scale(given: tuple[float, ...]) -> None:
    """Raise unless there are scales and each is a finite number above 0.

    Raises: InputError.
    """
    require_option(len(given) > 0, "style_scale", "empty", "one or more numbers")
    for scale in given:
        require_option(0 < scale < inf, "style_scale", scale, "above 0, and finite")


class ScaledStyle(NamedTuple):
    """A style image or style file at a scale."""

    style: Image | StyleFile
    scale: float


def scaled_styles(styles: Sequence[Image | StyleFile], options: ScaleOptions) -> list[ScaledStyle]:
    """Return the styles with their scales, in order; a single one is repeated at each scale.

    Raises: InputError: the number of scales does not match the number of style images.
    """
    require_scales(options, len(styles))
    return [
        ScaledStyle(style, scale)
        for number, style in enumerate(styles)
        for scale in scales_for(options, number, len(styles))
    ]


def scales_for(options: ScaleOptions, number: int, styles: int) -> tuple[float, ...]:
    """Return the scales of style image `number`, from 0, of `styles` images.

    This is the scale common to all images, or the image's own, or all scales if it is the only image.
    """
    given = options.style_scale
    return given if styles == 1 or len(given) == 1 else given[number : number + 1]


def require_scales(options: ScaleOptions, styles: int) -> None:
    """Raise unless the number of scales matches the number of style images.

    Raises: InputError.
    """
    given = len(options.style_scale)
    if styles != 1 and given not in (1, styles):
        raise InputError(
            f"{given} style scales were given for {styles} style images: give one for each, or one for all. To use an "
            "image at several scales beside others, name it once for each scale."
        )


def style_pixels(options: ScaleOptions, size: Size, scale: float) -> int:
    """Return the size of an encoded style image, in pixels as defined by `measure`, for a content image of a size."""
    return max(1, round(measured_size(size, options.measure) * scale))


def style_size(options: ScaleOptions, size: Size, style: Size, scale: float, fit: StyleFit = "scaled") -> Size:
    """Return the size at which a style image is encoded for a content image of a given size.

    `scaled`: the content image's size times the scale; `limited`: the same, but enlarged at most `LARGEST_ENLARGEMENT`
    times (times the scale, above 1); `reduced`: the same, but never larger than the style image; `stretched`: with the
    content image's proportions.
    """
    if fit == "stretched":
        return Size(*(max(1, round(side * scale)) for side in size))
    pixels, own = style_pixels(options, size, scale), measured_size(style, options.measure)
    if fit == "reduced" and own <= pixels:
        return style
    if fit == "limited":
        pixels = min(pixels, max(1, round(LARGEST_ENLARGEMENT * own * max(1.0, scale))))
    return fit_size(style, pixels, measure=options.measure)


def style_sizes(
    options: ScaleOptions, size: Size, style: Size, number: int, styles: int, fit: StyleFit = "scaled"
) -> dict[float, Size]:
    """Return the sizes at which style image `number`, from 0, of `styles` is encoded, by its scales.

    Raises: InputError: the number of scales does not match the number of style images.
    """
    require_scales(options, styles)
    return {scale: style_size(options, size, style, scale, fit) for scale in scales_for(options, number, styles)}
