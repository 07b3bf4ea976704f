"""Local operations of networks: the input window that each output window depends on, and its computation.

A window is computed from exactly the positions that it depends on. Where it spans a whole side, the feature map is
padded as by the network. Elsewhere, neighboring positions replace the padding, except beyond the map's border.
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
"""A value for rows and one for columns."""


class SpanOfSide(NamedTuple):
    """A range of positions along one side of a feature map."""

    begin: int
    end: int
    length: int
    """Length of the whole side."""

    @property
    def is_whole(self) -> bool:
        return self.end - self.begin == self.length

    def clamp_source(self, begin: int, end: int, length: int) -> SpanOfSide:
        """Return a range of positions of a source, clamped to its length; at least one position."""
        begin, end = max(0, begin), min(length, end)
        begin = min(begin, length - 1)
        return SpanOfSide(begin, max(end, begin + 1), length)


class LocalOperation(Protocol):
    """A network operation in which each output position depends on a few positions around it."""

    @property
    def cost(self) -> float:
        """Multiplications per value of the result; 0: so few that recomputing it is better than caching."""

    def input_window(self, window: Window, of: Size) -> Window:
        """Return the window of a source on which a window of the result depends."""

    def compute(self, window: Window, parts: Sequence[Feature], windows: Sequence[Window]) -> Feature:
        """Return a window of the result, computed from parts of the sources; `windows` holds their windows."""


def window_spans(window: Window) -> tuple[SpanOfSide, SpanOfSide]:
    """Return a window's rows and columns."""
    return (
        SpanOfSide(window.top, window.bottom, window.full_size.height),
        SpanOfSide(window.left, window.right, window.full_size.width),
    )


def window_from_spans(rows: SpanOfSide, columns: SpanOfSide) -> Window:
    """Return the window of the given rows and columns; the inverse of `window_spans`."""
    size = Size(rows.length, columns.length)
    return Window(rows.begin, columns.begin, rows.end - rows.begin, columns.end - columns.begin, size)


@dataclass(frozen=True, eq=False)
class PointwiseOperation:
    """An operation on the same position of each source."""

    function: Callable[..., Feature]
    overwrite: Callable[[Feature], Feature] | None = None
    """The same function of one source, with its result in the source's memory; None: there is none."""
    cost: float = 0.0

    def input_window(self, window: Window, of: Size) -> Window:
        """Return the same positions."""
        return Window(window.top, window.left, window.height, window.width, of)

    def compute(self, window: Window, parts: Sequence[Feature], windows: Sequence[Window]) -> Feature:
        """Return the function's value for the parts."""
        return self.function(*parts)


@dataclass(frozen=True, eq=False)
class PaddingOperation:
    """Padding of a feature map with zeros, or with its border reflected (reflect) or repeated (replicate)."""

    mode: str
    value: float
    before: RowsColumns
    after: RowsColumns
    cost: float = 0.0

    def input_window(self, window: Window, of: Size) -> Window:
        """Return the same positions, and the ones whose reflections lie beyond the border."""
        return window_from_spans(*(self._span(axis, own, of[axis]) for axis, own in enumerate(window_spans(window))))

    def _span(self, axis: int, own: SpanOfSide, length: int) -> SpanOfSide:
        begin, end = own.begin - self.before[axis], own.end - self.before[axis]
        mirrored = 1 if self.mode == "reflect" else 0
        if begin < 0:
            end = max(end, 1 - begin * mirrored)
        if end > length:
            begin = min(begin, length - 1 - (end - length) * mirrored)
        return own.clamp_source(begin, end, length)

    def compute(self, window: Window, parts: Sequence[Feature], windows: Sequence[Window]) -> Feature:
        """Return the positions, padded as far as the window extends beyond the border."""
        own, here, beyond = window_spans(window), window_spans(windows[0]), []
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
    """Selection of rows and columns by index: padding, cropping and flipping."""

    rows: Tensor
    columns: Tensor
    cost: float = 0.0

    def input_window(self, window: Window, of: Size) -> Window:
        """Return the range from the first to the last selected position."""
        found = []
        for axis, (own, numbers) in enumerate(zip(window_spans(window), (self.rows, self.columns), strict=True)):
            least, most = torch.aminmax(numbers[own.begin : own.end])
            found.append(SpanOfSide(int(least), int(most) + 1, of[axis]))
        return window_from_spans(*found)

    def compute(self, window: Window, parts: Sequence[Feature], windows: Sequence[Window]) -> Feature:
        """Return the selected positions."""
        (drawn,) = parts
        for axis, numbers in enumerate((self.rows, self.columns)):
            own, here = window_spans(window)[axis], window_spans(windows[0])[axis]
            requested = numbers[own.begin : own.end] - here.begin
            if not torch.equal(requested, torch.arange(here.end - here.begin)):
                drawn = drawn.index_select(2 + axis, requested.to(drawn.device))
        return drawn
