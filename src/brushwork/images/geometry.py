"""Sizes, windows of a map, and limits on the number of pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

from torch import Tensor

from brushwork.errors import InputError

MAX_PIXELS = 250_000_000
"""Default limit on pixels: more than any camera gives in one image (2026: 151 megapixels), 3 GB as float32."""

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

    A loss sums over the positions of its window. Losses that depend on neighbors (`reach` > 0) are given the
    feature over `window.expand(reach)`, so that the sums over disjoint windows add up to the sum over the full map.
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

    @property
    def size(self) -> Size:
        return Size(self.height, self.width)

    @property
    def bottom(self) -> int:
        return self.top + self.height

    @property
    def right(self) -> int:
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


def rows_at_a_time(width: int, multiple: int = 1) -> int:
    """Return the number of rows in a strip of an image, a multiple of `multiple`."""
    return max(1, _STRIP // width // multiple) * multiple


def require_size(name: str, size: Size, max_pixels: int) -> None:
    """Refuse an empty image, and one over the limit.

    Raises: InputError: either.
    """
    if min(size) < 1:
        raise InputError(f"{name} is empty: {size} pixels. A picture has 1×1 or more.")
    if size.area > max_pixels:
        raise InputError(
            f"{name} has {size.area:,} pixels ({size}), and the limit is {max_pixels:,}. "
            "Give a smaller picture, or raise the limit: max_pixels."
        )
