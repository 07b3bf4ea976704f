"""Sizes, windows of a map, and limits on the number of pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isqrt
from typing import TYPE_CHECKING, Literal, NamedTuple, Self, TypeAlias

from brushwork.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

SideMeasure: TypeAlias = Literal["long", "short", "height", "area"]

RAISE_LIMIT = "--max-pixels in the commands that have it, max_pixels in Python"
"""Where the limit of an image's pixels is set, for messages."""

MAX_PIXELS = 250_000_000
"""Default limit on pixels: more than any camera takes in one image (2026: 151 megapixels), 3 GB as float32."""

LARGE_IMAGE_PIXELS = 2**24
"""Pixels above which images are read and written strip by strip; up to here, the extra memory is 0.3 GB at most."""

_STRIP = 2**18
"""Pixels that are processed at a time: a few MB as floats."""


class Size(NamedTuple):
    """Rows and columns of an image (pixels) or of a feature map (positions)."""

    height: int
    width: int

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.height * self.width

    @classmethod
    def of(cls, tensor: Tensor) -> Self:
        """Return the size of the last two axes."""
        return cls(tensor.shape[-2], tensor.shape[-1])

    def __str__(self) -> str:
        return f"{self.width}×{self.height}"


@dataclass(frozen=True)
class Window:
    """A rectangle of a map, in positions of that map, with the size of the full map.

    A loss sums over the positions of its window. Losses that depend on neighbors (`halo` > 0) receive the
    feature over `window.expand(halo)`, so that the sums over disjoint windows add up to the sum over the full map.
    """

    top: int
    left: int
    height: int
    width: int
    full_size: Size

    @classmethod
    def whole(cls, size: Size) -> Self:
        """Return the window that covers a full map."""
        return cls(0, 0, size.height, size.width, size)

    @classmethod
    def grid(cls, rows: Sequence[int], columns: Sequence[int], full_size: Size) -> list[Self]:
        """Return the windows between cuts, row by row.

        `rows`, `columns`: where each window begins, followed by where the last one ends.
        """
        return [
            cls(top, left, bottom - top, right - left, full_size)
            for top, bottom in pairwise(rows)
            for left, right in pairwise(columns)
        ]

    @property
    def size(self) -> Size:
        return Size(self.height, self.width)

    @property
    def bottom(self) -> int:
        return self.top + self.height

    @property
    def right(self) -> int:
        """Column after the last one."""
        return self.left + self.width

    def crop_top(self, top: int) -> Window:
        """Return the same positions in the map that remains below its first `top` rows."""
        return Window(self.top - top, self.left, self.height, self.width, self.full_size)

    def crop(self, whole_map: Tensor) -> Tensor:
        """Return this window of a map of the full size (the last two axes)."""
        return whole_map[..., self.top : self.bottom, self.left : self.right]

    def relative_to(self, outer: Window) -> Window:
        """Return the same positions, counted from the corner of a window that contains them."""
        return Window(self.top - outer.top, self.left - outer.left, self.height, self.width, outer.size)

    def expand(self, halo: int) -> Window:
        """Return this window with `halo` more positions on each side, clipped to the map."""
        top, left = max(0, self.top - halo), max(0, self.left - halo)
        bottom, right = min(self.full_size.height, self.bottom + halo), min(self.full_size.width, self.right + halo)
        return Window(top, left, bottom - top, right - left, self.full_size)

    def strips(self, height: int) -> list[Window]:
        """Return the strips of this window from top to bottom, each of `height` rows; the last may have fewer."""
        rows = [*range(self.top, self.bottom, height), self.bottom]
        return Window.grid(rows, [self.left, self.right], self.full_size)


def cut_evenly(positions: int, count: int, stride: int = 1, end: int | None = None) -> list[int]:
    """Return the cuts of `count` parts with equal numbers of positions (± 1): where each begins, and the end.

    Positions are `stride` apart. `end`: where the last part ends; None: after the last position.
    """
    end = positions * stride if end is None else end
    return [*(positions * index // count * stride for index in range(count)), end]


def rows_at_a_time(width: int, multiple: int = 1) -> int:
    """Return the number of rows in a strip of an image, a multiple of `multiple`."""
    return max(1, _STRIP // width // multiple) * multiple


def require_size(name: str, size: Size, max_pixels: int) -> None:
    """Refuse an image that is empty or over the limit.

    Raises: InputError: either.
    """
    if min(size) < 1:
        raise InputError(f"{name} is empty: {size} pixels. A picture has 1×1 or more.")
    if size.area > max_pixels:
        raise InputError(
            f"{name} has {size.area:,} pixels ({size}), and the limit is {max_pixels:,}. "
            f"Give a smaller picture, or raise the limit: {RAISE_LIMIT}."
        )


def fit_size(size: Size, pixels: int, *, measure: SideMeasure) -> Size:
    """Return the larger or smaller size with the same proportions whose `measure` is `pixels`.

    `long`, `short`: that side is exactly `pixels`; the other is rounded to the nearest, halves up.
    `height`: there are exactly `pixels` rows; the number of columns is rounded down.
    `area`: as many pixels as a square with this side has, h·w ≤ pixels²; both sides are rounded down.
    No side is ever 0, however long the image is.

    Raises: InputError: `pixels` under 1, an empty size, an unknown measure.
    """
    if pixels < 1 or min(size) < 1:
        raise InputError(f"a picture of {size} cannot be made {pixels} pixels: both must be 1 or more.")
    if measure == "area":
        return _fit_area(size, pixels)
    if measure == "height":
        return Size(pixels, max(1, size.width * pixels // size.height))
    if measure not in ("long", "short"):
        raise InputError(f"unknown measure {measure!r}: use one of long, short, height or area.")
    measured = max(size) if measure == "long" else min(size)
    # In integers: halves are rounded up, and the measured side itself is exact.
    return Size(*(max(1, (2 * side * pixels + measured) // (2 * measured)) for side in size))


def _fit_area(size: Size, pixels: int) -> Size:
    """Return h' = √(pixels² h/w), w' = √(pixels² w/h), rounded down in integers."""
    height, width = size
    if height > width:
        return Size(*reversed(_fit_area(Size(width, height), pixels)))
    fitting = max(1, isqrt(pixels**2 * height // width))
    return Size(fitting, max(1, min(isqrt(pixels**2 * width // height), pixels**2 // fitting)))
