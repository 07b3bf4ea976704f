"""How large paintings are looked at against the photograph: larger gives larger strokes."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple, Protocol

from brushwork.controls.style_file import StyleFile
from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.images.resample import fit_size
from brushwork.options import Measure, measured_size, require_option
from brushwork.types import Image


class ScaleOptions(Protocol):
    """Options that say how large paintings are looked at."""

    @property
    def measure(self) -> Measure: ...

    @property
    def style_scale(self) -> tuple[float, ...]: ...


def require_style_scale(given: tuple[float, ...]) -> None:
    """Refuse scales that are none.

    Raises: InputError.
    """
    require_option(len(given) > 0, "style_scale", "no number", "one or more numbers")
    for scale in given:
        require_option(0 < scale < inf, "style_scale", scale, "above 0, and finite")


class ScaledStyle(NamedTuple):
    """A painting at a scale."""

    style: Image | StyleFile
    scale: float


def scaled_styles(styles: Sequence[Image | StyleFile], options: ScaleOptions) -> list[ScaledStyle]:
    """The paintings as they are looked at, in their order; an only painting once at each scale.

    Raises: InputError: another number of scales than of paintings.
    """
    require_scales(options, len(styles))
    return [
        ScaledStyle(style, scale)
        for number, style in enumerate(styles)
        for scale in scales_for(options, number, len(styles))
    ]


def scales_for(options: ScaleOptions, number: int, styles: int) -> tuple[float, ...]:
    """The scales of a painting, counted from 0, of so many: the one for all, or its own; of an only painting, all."""
    given = options.style_scale
    return given if styles == 1 or len(given) == 1 else given[number : number + 1]


def require_scales(options: ScaleOptions, styles: int) -> None:
    """Refuse scales that do not go with so many paintings.

    Raises: InputError.
    """
    given = len(options.style_scale)
    if styles != 1 and given not in (1, styles):
        raise InputError(
            f"{given} style scales were given for {styles} paintings: give one for each, or one for all. A painting "
            "at several scales beside others is named once for each scale."
        )


def style_pixels(options: ScaleOptions, size: Size, scale: float) -> int:
    """Pixels, as `measure` says, of a painting at a scale as it is looked at for a photograph at a size."""
    return max(1, round(measured_size(size, options.measure) * scale))


def style_size(options: ScaleOptions, size: Size, style: Size, scale: float) -> Size:
    """The size at which a painting is looked at, for a photograph at a size."""
    return fit_size(style, style_pixels(options, size, scale), measure=options.measure)


def largest_style_size(options: ScaleOptions, size: Size, style: Size, which: tuple[int, int]) -> Size:
    """The same at the largest of its scales, for a painting that is number so and so, from 0, of so many.

    Raises: InputError: another number of scales than of paintings.
    """
    number, styles = which
    require_scales(options, styles)
    return style_size(options, size, style, max(scales_for(options, number, styles)))
