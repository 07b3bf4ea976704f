"""How large the picture becomes."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from math import sqrt
from typing import Literal, TypeAlias

from brushwork.picture.window import Size
from brushwork.recipes.options.requirements import SMALLEST_SIDE, require_option

Measure: TypeAlias = Literal["long", "short", "area"]

Extent: TypeAlias = int | Literal["full"]
"""A size in pixels, or the picture's own."""


@dataclass(frozen=True, kw_only=True)
class SizeOptions(ABC):
    """How large the picture becomes."""

    size: Extent = 512
    """Size of the result in pixels, measured as `measure` says, 32 or more; `full`: as large as the photograph."""

    measure: Measure = "long"
    """What `size` measures: the long side, the short side, or the side of a square of the same area."""

    def __post_init__(self) -> None:
        enough = self.size == "full" or (isinstance(self.size, int) and self.size >= SMALLEST_SIDE)
        require_option(enough, "size", self.size, f"{SMALLEST_SIDE} pixels or more, or full")


def measured_size(size: Size, measure: Measure) -> float:
    """A size as `measure` says: its long side, its short side, or the side of a square of the same area."""
    return {"long": max(size), "short": min(size), "area": sqrt(size.area)}[measure]
