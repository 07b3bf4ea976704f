"""What networks do locally: which cells of their maps a window of the result looks at, and how it comes of them.

A window is drawn of exactly the cells that it looks at. Where it reaches over a whole side, the map is padded as the
network does it; elsewhere padding is only what lies beyond the map's border, and neighbors are looked at instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from brushwork.images.geometry import Size, Window
from brushwork.types import Feature

RowsColumns: TypeAlias = tuple[int, int]
"""Of rows and of columns."""


class SpanOfSide(NamedTuple):
    """Cells along one side of a map."""

    begin: int
    end: int
    length: int
    """Of the whole side."""

    @property
    def is_whole(self) -> bool:
        return self.end - self.begin == self.length

    def clamp_source(self, begin: int, end: int, length: int) -> SpanOfSide:
        """Cells of a source of some length, as far as it goes; one at least."""
        begin, end = max(0, begin), min(length, end)
        begin = min(begin, length - 1)
        return SpanOfSide(begin, max(end, begin + 1), length)


class LocalOperation(Protocol):
    """A step of a network that looks at a few cells around each."""

    @property
    def cost(self) -> float:
        """Multiplications for each number of the result; 0: so few that it is rather done again than kept."""

    def input_window(self, window: Window, of: Size) -> Window:
        """The cells of a source that are looked at for a window of the result."""

    def compute(self, window: Window, parts: Sequence[Feature], seen: Sequence[Window]) -> Feature:
        """A window of the result, from the parts of the sources that are seen for it."""


def window_spans(window: Window) -> tuple[SpanOfSide, SpanOfSide]:
    """A window's rows and columns."""
    return (
        SpanOfSide(window.top, window.bottom, window.full_size.height),
        SpanOfSide(window.left, window.right, window.full_size.width),
    )


def window_from_spans(rows: SpanOfSide, columns: SpanOfSide) -> Window:
    """The opposite of `window_spans`."""
    size = Size(rows.length, columns.length)
    return Window(rows.begin, columns.begin, rows.end - rows.begin, columns.end - columns.begin, size)


@dataclass(frozen=True, eq=False)
class PointwiseOperation:
    """Each cell comes of the same cell of each source."""

    function: Callable[..., Feature]
    cost: float = 0.0

    def input_window(self, window: Window, of: Size) -> Window:
        """The same cells."""
        return Window(window.top, window.left, window.height, window.width, of)

    def compute(self, window: Window, parts: Sequence[Feature], seen: Sequence[Window]) -> Feature:
        """The function of the parts."""
        return self.function(*parts)


@dataclass(frozen=True, eq=False)
class PaddingOperation:
    """A map with cells around it: zeros, or the border's, mirrored (reflect) or repeated (replicate)."""

    mode: str
    value: float
    before: RowsColumns
    after: RowsColumns
    cost: float = 0.0

    def input_window(self, window: Window, of: Size) -> Window:
        """The same cells, and those that lie beyond the border as its mirror images."""
        return window_from_spans(*(self._span(axis, own, of[axis]) for axis, own in enumerate(window_spans(window))))

    def _span(self, axis: int, own: SpanOfSide, length: int) -> SpanOfSide:
        begin, end = own.begin - self.before[axis], own.end - self.before[axis]
        mirrored = 1 if self.mode == "reflect" else 0
        if begin < 0:
            end = max(end, 1 - begin * mirrored)
        if end > length:
            begin = min(begin, length - 1 - (end - length) * mirrored)
        return own.clamp_source(begin, end, length)

    def compute(self, window: Window, parts: Sequence[Feature], seen: Sequence[Window]) -> Feature:
        """The cells, padded as far as the window lies beyond the border."""
        own, here, beyond = window_spans(window), window_spans(seen[0]), []
        for axis in (1, 0):
            before = max(0, self.before[axis] - own[axis].begin)
            beyond += [before, max(0, own[axis].end - self.before[axis] - here[axis].length)]
        (drawn,) = parts
        if any(beyond):
            value = self.value if self.mode == "constant" else None
            drawn = F.pad(drawn, beyond, self.mode, value)
        for axis in (0, 1):
            begin = own[axis].begin - self.before[axis] - here[axis].begin + beyond[2 - 2 * axis]
            drawn = drawn.narrow(2 + axis, begin, own[axis].end - own[axis].begin)
        return drawn


@dataclass(frozen=True, eq=False)
class IndexOperation:
    """Rows and columns of a map, by their numbers: what padding, cropping and turning round are."""

    rows: Tensor
    columns: Tensor
    cost: float = 0.0

    def input_window(self, window: Window, of: Size) -> Window:
        """From the first to the last of those that are chosen."""
        found = []
        for axis, (own, numbers) in enumerate(zip(window_spans(window), (self.rows, self.columns), strict=True)):
            least, most = torch.aminmax(numbers[own.begin : own.end])
            found.append(SpanOfSide(int(least), int(most) + 1, of[axis]))
        return window_from_spans(*found)

    def compute(self, window: Window, parts: Sequence[Feature], seen: Sequence[Window]) -> Feature:
        """Those that are chosen."""
        (drawn,) = parts
        for axis, numbers in enumerate((self.rows, self.columns)):
            own, here = window_spans(window)[axis], window_spans(seen[0])[axis]
            wanted = numbers[own.begin : own.end] - here.begin
            if not torch.equal(wanted, torch.arange(here.end - here.begin)):
                drawn = drawn.index_select(2 + axis, wanted.to(drawn.device))
        return drawn
