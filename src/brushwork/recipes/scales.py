"""How large paintings are looked at against the photograph: larger gives larger strokes."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple, Protocol

from brushwork.errors import InputError
from brushwork.picture.resample import fit
from brushwork.picture.window import Size
from brushwork.recipes.kept_style import KeptStyle
from brushwork.recipes.options import Measure, measured, require
from brushwork.types import Image


class Scaling(Protocol):
    """Options that say how large paintings are looked at."""

    @property
    def measure(self) -> Measure: ...

    @property
    def style_scale(self) -> tuple[float, ...]: ...


def require_style_scale(given: tuple[float, ...]) -> None:
    """Refuse scales that are none.

    Raises: InputError.
    """
    require(len(given) > 0, "style_scale", "no number", "one or more numbers")
    for scale in given:
        require(0 < scale < inf, "style_scale", scale, "above 0, and finite")


class View(NamedTuple):
    """A painting at a scale."""

    painting: Image | KeptStyle
    scale: float


def views(paintings: Sequence[Image | KeptStyle], options: Scaling) -> list[View]:
    """The paintings as they are looked at, in their order; an only painting once at each scale.

    Raises: InputError: another number of scales than of paintings.
    """
    require_scales(options, len(paintings))
    return [
        View(painting, scale)
        for number, painting in enumerate(paintings)
        for scale in scales_of(options, number, len(paintings))
    ]


def scales_of(options: Scaling, number: int, paintings: int) -> tuple[float, ...]:
    """The scales of a painting, counted from 0, of so many: the one for all, or its own; of an only painting, all."""
    given = options.style_scale
    return given if paintings == 1 or len(given) == 1 else given[number : number + 1]


def require_scales(options: Scaling, paintings: int) -> None:
    """Refuse scales that do not go with so many paintings.

    Raises: InputError.
    """
    given = len(options.style_scale)
    if paintings != 1 and given not in (1, paintings):
        raise InputError(
            f"{given} style scales were given for {paintings} paintings: give one for each, or one for all. A painting "
            "at several scales beside others is named once for each scale."
        )


def style_pixels(options: Scaling, size: Size, scale: float) -> int:
    """Pixels, as `measure` says, of a painting at a scale as it is looked at for a photograph at a size."""
    return max(1, round(measured(size, options.measure) * scale))


def style_size(options: Scaling, size: Size, painting: Size, scale: float) -> Size:
    """The size at which a painting is looked at, for a photograph at a size."""
    return fit(painting, style_pixels(options, size, scale), by=options.measure)


def largest_style_size(options: Scaling, size: Size, painting: Size, which: tuple[int, int]) -> Size:
    """The same at the largest of its scales, for a painting that is number so and so, from 0, of so many.

    Raises: InputError: another number of scales than of paintings.
    """
    number, paintings = which
    require_scales(options, paintings)
    return style_size(options, size, painting, max(scales_of(options, number, paintings)))
