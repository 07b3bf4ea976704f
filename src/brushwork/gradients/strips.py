"""How a picture is divided to be looked at row after row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil

from brushwork.gradients.tile_layout import TileLayout
from brushwork.images.geometry import Window

STEP = 96
"""Rows that are shown together come in multiples of this, so that Winograd's tiles fill the maps."""

ENOUGH = 640
"""Rows after which memory does not grow any more: twice what the deepest layers of VGG-19 look at, up and down."""

_LOST = 6
"""Rows that could be computed in the time that is lost each time that some are shown."""

_MOST = 64
"""Strips side by side."""


TWICE, KEPT = 1.34, 1.06
"""How many times as long as at once it takes when everything is computed again, and when all that is dear is kept."""


@dataclass(frozen=True)
class Strip:
    """A part of the picture, of its whole height."""

    own: Window
    outer: Window
    """What its cells look at."""
    rows: int
    """Rows that are shown at a time."""

    @property
    def bottoms(self) -> list[int]:
        """Where the rows end that are shown together, counted from the strip's own top."""
        return [*range(self.rows, self.outer.height, self.rows), self.outer.height]

    def shorten(self, spare: int) -> Strip:
        """The same with fewer rows, where only memory counts: enough to begin, to go on `spare` times, and to end."""
        left_out = max(0, len(self.bottoms) - 2 - spare - ceil(ENOUGH / self.rows)) * self.rows
        return replace(self, outer=replace(self.outer, height=self.outer.height - left_out))


def split_strips(layout: TileLayout, own: Window, area: int) -> list[Strip]:
    """As few strips as possible, such that about `area` pixels are in memory at a time.

    Rows are in memory until the gradient has passed them: two halos longer than they are shown.
    """
    positions = max(1, layout.deepest_layer.owned_positions(own).width)
    count, rows = _division(layout, own, positions, area)
    cuts = [own.left + round(index * positions / count) * layout.stride for index in range(count)] + [own.right]
    parts = [Window(own.top, left, own.height, right - left, own.full_size) for left, right in pairwise(cuts)]
    return [Strip(part, layout.receptive_window(part), rows) for part in parts]


def _division(layout: TileLayout, own: Window, positions: int, area: int) -> tuple[int, int]:
    """How many strips there are, and how many of their rows are shown at a time: what takes the least time."""
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
    """How many times something is shown."""
    return sum(len(part.bottoms) for part in parts)


def relative_cost(parts: list[Strip], keeps: int) -> float:
    """How many times as long as at once it takes to look at strips, of which the last `keeps` parts are kept.

    Measured with VGG-19 at a megapixel (`python bench/tiles.py ratio --keeping 1 99`).
    """
    own = sum(part.own.size.area for part in parts)
    seen = sum(part.outer.size.area for part in parts)
    return seen / own * (TWICE - (TWICE - KEPT) * min(1.0, keeps / count_passes(parts)))
