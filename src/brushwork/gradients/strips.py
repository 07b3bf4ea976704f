"""Division of an image into strips for row-by-row evaluation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

from brushwork.gradients.tile_layout import TileLayout
from brushwork.images.geometry import Window

STEP = 96
"""The number of rows fed together is a multiple of this, so that Winograd tiles fill the feature maps."""

ENOUGH = 640
"""Number of rows after which memory stops growing: twice the vertical receptive field of VGG-19's deepest layers."""

_LOST = 6
"""Overhead of each pass, as the number of rows that could be computed in the same time."""

_MOST = 64
"""Maximum number of strips side by side."""


TWICE, KEPT = 1.34, 1.06
"""Time relative to one full pass if everything is recomputed, and if everything expensive is kept."""


@dataclass(frozen=True)
class Strip:
    """A part of the image that spans its full height."""

    own: Window
    outer: Window
    """The own pixels, extended by the receptive fields of their positions."""
    rows: int
    """Number of rows fed at a time."""

    @property
    def bottoms(self) -> list[int]:
        """Ends of the row ranges that are fed together, relative to the strip's top."""
        return [*range(self.rows, self.outer.height, self.rows), self.outer.height]

    def shorten(self, spare: int) -> Strip:
        """Return the strip with fewer rows, for `meta`, where only memory counts.

        It has enough rows to start, to continue `spare` times, and to end.
        """
        left_out = max(0, len(self.bottoms) - 2 - spare - ceil(ENOUGH / self.rows)) * self.rows
        return replace(self, outer=replace(self.outer, height=self.outer.height - left_out))


def split_strips(layout: TileLayout, own: Window, area: int) -> list[Strip]:
    """Return the fastest division into strips for which about `area` pixels are in memory at a time.

    Rows stay in memory until the gradient has passed them: two halos more than are fed at a time.
    """
    positions = max(1, layout.deepest_layer.owned_positions(own).width)
    count, rows = _division(layout, own, positions, area)
    cuts = [own.left + round(index * positions / count) * layout.stride for index in range(count)] + [own.right]
    parts = Window.grid([own.top, own.bottom], cuts, own.full_size)
    return [Strip(part, layout.receptive_window(part), rows) for part in parts]


def _division(layout: TileLayout, own: Window, positions: int, area: int) -> tuple[int, int]:
    """Return the fastest numbers of strips and of rows to feed at a time."""
    around, found = 2 * layout.halo, list[tuple[float, int, int]]()
    most = max(1, min(positions, _MOST, own.width // max(1, around)))
    for count in range(1, most + 1):
        width = min(own.full_size.width, ceil(positions / count) * layout.stride + (around if count > 1 else 0))
        rows = max(STEP, (area // width - around) // STEP * STEP)
        if width * (rows + around) <= area or count == most:
            found.append((count * width / own.width * (1 + _LOST / rows), count, rows))
    _, count, rows = min(found)
    return count, rows


def count_passes(parts: list[Strip]) -> int:
    """Return the total number of passes over the strips."""
    return sum(len(part.bottoms) for part in parts)


def strip_cost(parts: list[Strip], keeps: int) -> float:
    """Estimate the time for strips relative to one full pass, if the last `keeps` passes are kept.

    Measured with VGG-19 at a megapixel (`python bench/tiles.py ratio --keeping 1 99`).
    """
    own = sum(part.own.size.area for part in parts)
    encoded = sum(part.outer.size.area for part in parts)
    return encoded / own * (TWICE - (TWICE - KEPT) * min(1.0, keeps / count_passes(parts)))
