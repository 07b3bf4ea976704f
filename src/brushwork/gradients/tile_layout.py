"""Which cells of a network's maps belong to which pixels, and which pixels those cells look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, Self

import torch

from brushwork.encoders.encoder import Encoder, LayerGeometry
from brushwork.images.geometry import Size, Window


class LayerGrid(NamedTuple):
    """The cells of a tap."""

    geometry: LayerGeometry
    positions: Size
    """Of the whole picture's map."""
    halo: int = 0
    """Neighbors that the terms at this tap look at, in cells."""

    def owned_positions(self, own: Window) -> Window:
        """The cells that belong to some pixels: those whose origin lies there; at the end of the picture all that are
        left."""
        top, bottom = self._span(own.top, own.bottom, own.full_size.height, self.positions.height)
        left, right = self._span(own.left, own.right, own.full_size.width, self.positions.width)
        return Window(top, left, bottom - top, right - left, self.positions)

    def _span(self, first: int, end: int, pixels: int, positions: int) -> tuple[int, int]:
        return first // self.geometry.stride, positions if end == pixels else end // self.geometry.stride

    def receptive_range(self, first: int, end: int) -> tuple[int, int]:
        """The pixels along a side that a range of cells looks at; they may lie beyond the picture."""
        stride, before, after = self.geometry
        return first * stride - before, (end - 1) * stride + after + 1


@dataclass(frozen=True)
class TileLayout:
    """A picture's size, and the cells of some taps over it.

    Pixels are divided at multiples of the deepest tap's stride, so that each part's pools are aligned with the whole's.
    """

    image: Size
    grids: Mapping[str, LayerGrid]
    """By the names of the taps."""

    @classmethod
    def of(cls, encoder: Encoder, layers: Mapping[str, int], image: Size) -> Self:
        """`layers`: name → reach of the terms there, in cells."""
        return cls(
            image,
            {
                layer: LayerGrid(encoder.geometry(layer), encoder.positions(layer, image), halo)
                for layer, halo in layers.items()
            },
        )

    @property
    def deepest_layer(self) -> LayerGrid:
        """The tap of the largest stride."""
        return max(self.grids.values(), key=lambda lattice: lattice.geometry.stride)

    @property
    def stride(self) -> int:
        """Pixels; parts of the picture begin at its multiples."""
        return self.deepest_layer.geometry.stride

    @property
    def halo(self) -> int:
        """Pixels that a part looks at beyond each of its sides, at most; a multiple of the stride."""
        margins = []
        for lattice in self.grids.values():
            positions = self.stride // lattice.geometry.stride
            first, end = lattice.receptive_range(-lattice.halo, positions + lattice.halo)
            margins += [-first, end - self.stride]
        return -(-max(0, *margins) // self.stride) * self.stride

    def receptive_window(self, own: Window) -> Window:
        """Some pixels and all those that their cells look at: what must be present to compute them."""
        height, width = self.image
        grown = [lattice.owned_positions(own).expand(lattice.halo) for lattice in self.grids.values()]
        top, bottom = self._hull(
            (own.top, own.bottom), [(positions.top, positions.bottom) for positions in grown], height
        )
        left, right = self._hull((own.left, own.right), [(cells.left, cells.right) for cells in grown], width)
        return Window(top, left, bottom - top, right - left, self.image)

    def _hull(self, own: tuple[int, int], spans: list[tuple[int, int]], end: int) -> tuple[int, int]:
        """Some pixels, and those that ranges of cells look at, tap by tap, out to multiples of the stride."""
        seen = [lattice.receptive_range(*span) for lattice, span in zip(self.grids.values(), spans, strict=True)]
        first, last = min(first for first, _ in seen), max(last for _, last in seen)
        top, bottom = first // self.stride * self.stride, -(-last // self.stride) * self.stride
        return max(0, min(top, own[0])), min(end, max(bottom, own[1]))

    def tiles(self, side: int, own: Window | None = None) -> list[Window]:
        """Disjoint parts that make up `own` (None: the whole picture), each at most `side` pixels a side with its halo.

        Where even one cell of the deepest tap takes more than that, a part is one such cell.
        """
        own = own or Window.whole(self.image)
        positions, height, width = self.deepest_layer.owned_positions(own), self.image.height, self.image.width
        rows = self._cuts((own.top, own.bottom), positions.height, height, side)
        columns = self._cuts((own.left, own.right), positions.width, width, side)
        return [
            Window(top, left, bottom - top, right - left, self.image)
            for top, bottom in pairwise(rows)
            for left, right in pairwise(columns)
        ]

    def relative_cost(self, side: int, kept: int) -> float:
        """How many times as long as at once it takes to look at tiles of `side` pixels, of which `kept` are kept.

        Measured with VGG-19 on the native path, the sums included, before that went row after row: a tile that is
        computed twice takes 1.43 times as long, one that is kept and computes its first layers again 1.4 times, the
        last one that is kept no longer than at once. Without the compiled part, keeping saves more.
        """
        areas = [outer.size.area for outer in map(self.receptive_window, self.tiles(side))]
        return (sum(areas[:1]) + 1.4 * sum(areas[1:kept]) + 1.43 * sum(areas[kept:])) / self.image.area

    def representative_tiles(self, tiles: Sequence[Window], device: torch.device) -> Sequence[Window]:
        """The tiles to look at: all; on `meta`, where only memory counts, the one that takes the most."""
        if device.type != "meta" or not tiles:
            return tiles
        return [max(tiles, key=lambda tile: self.receptive_window(tile).size.area)]

    def _cuts(self, span: tuple[int, int], positions: int, image: int, side: int) -> list[int]:
        """Where parts along one side begin, and the end of the last: as few as possible, and of equal outer size."""
        begin, end = span
        halo, stride = self.halo, self.stride
        before, after = halo if begin else 0, halo if end < image else 0
        if before + end - begin + after <= side or positions == 1:
            return [begin, end]
        left_over = max(0, end - begin - positions * stride)
        first, middle, last = (
            max(1, (side - margins) // stride) for margins in (before + halo, 2 * halo, halo + after + left_over)
        )
        first = min(first, positions - 1)
        count = max(2, 2 - (first + last - positions) // middle)
        slack = first + last + (count - 2) * middle - positions
        cuts = [first + index * middle - round((index + 1) * slack / count) for index in range(count - 1)]
        return [begin, *(begin + cut * stride for cut in cuts), end]
