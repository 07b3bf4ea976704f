"""Layout of tiles: which positions of each layer belong to given pixels, and their receptive fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import torch

from brushwork.encoders.encoder import Encoder
from brushwork.encoders.stages import LayerGeometry
from brushwork.images.geometry import Size, Window


class LayerGrid(NamedTuple):
    """The positions of a layer."""

    geometry: LayerGeometry
    positions: Size
    """Size of the full image's feature map."""
    halo: int = 0
    """Number of neighboring positions that this layer's losses need."""

    def owned_positions(self, own: Window) -> Window:
        """Return the positions that belong to the pixels `own`: those whose origin lies in them.

        At the end of the image, all remaining positions belong to the last pixels.
        """
        top, bottom = self._span(own.top, own.bottom, own.full_size.height, self.positions.height)
        left, right = self._span(own.left, own.right, own.full_size.width, self.positions.width)
        return Window(top, left, bottom - top, right - left, self.positions)

    def _span(self, first: int, end: int, pixels: int, positions: int) -> tuple[int, int]:
        return first // self.geometry.stride, positions if end == pixels else end // self.geometry.stride

    def receptive_range(self, first: int, end: int) -> tuple[int, int]:
        """Return the receptive field of a range of positions along one side; it may extend beyond the image."""
        stride, before, after = self.geometry
        return first * stride - before, (end - 1) * stride + after + 1


@dataclass(frozen=True)
class TileLayout:
    """The size of an image, and the positions of encoder layers over it.

    Pixels are divided at multiples of the deepest layer's stride, so that each part's pooling windows are aligned with
    those of the full image.
    """

    image: Size
    grids: Mapping[str, LayerGrid]
    """The positions by layer name."""

    @classmethod
    def of(cls, encoder: Encoder, layers: Mapping[str, int], image: Size) -> Self:
        """Return the layout; `layers` maps a layer's name to the halo of its losses, in positions."""
        return cls(
            image,
            {
                layer: LayerGrid(encoder.geometry(layer), encoder.positions(layer, image), halo)
                for layer, halo in layers.items()
            },
        )

    @property
    def deepest_layer(self) -> LayerGrid:
        """The layer with the largest stride."""
        return max(self.grids.values(), key=lambda grid: grid.geometry.stride)

    @property
    def stride(self) -> int:
        """Parts of the image begin at multiples of this number of pixels."""
        return self.deepest_layer.geometry.stride

    @property
    def halo(self) -> int:
        """Largest number of pixels that a part needs beyond any of its sides; a multiple of the stride."""
        margins = []
        for grid in self.grids.values():
            positions = self.stride // grid.geometry.stride
            first, end = grid.receptive_range(-grid.halo, positions + grid.halo)
            margins += [-first, end - self.stride]
        return -(-max(0, *margins) // self.stride) * self.stride

    def receptive_window(self, own: Window) -> Window:
        """Return the pixels `own` and all others that their positions depend on, which an evaluation needs."""
        height, width = self.image
        grown = [grid.owned_positions(own).expand(grid.halo) for grid in self.grids.values()]
        top, bottom = self._hull(
            (own.top, own.bottom), [(positions.top, positions.bottom) for positions in grown], height
        )
        left, right = self._hull(
            (own.left, own.right), [(positions.left, positions.right) for positions in grown], width
        )
        return Window(top, left, bottom - top, right - left, self.image)

    def _hull(self, own: tuple[int, int], spans: list[tuple[int, int]], end: int) -> tuple[int, int]:
        """Return the range of the pixels `own` and of the receptive fields of each layer's positions.

        It is extended to multiples of the stride.
        """
        ranges = [grid.receptive_range(*span) for grid, span in zip(self.grids.values(), spans, strict=True)]
        first, last = min(first for first, _ in ranges), max(last for _, last in ranges)
        top, bottom = first // self.stride * self.stride, -(-last // self.stride) * self.stride
        return max(0, min(top, own[0])), min(end, max(bottom, own[1]))

    def tiles(self, side: int, own: Window | None = None) -> list[Window]:
        """Return disjoint tiles that make up `own`, each at most `side` pixels a side, halo included.

        `own` is the full image if None. If a single position of the deepest layer needs more than that, a tile is one
        such position.
        """
        own = own or Window.whole(self.image)
        positions, height, width = self.deepest_layer.owned_positions(own), self.image.height, self.image.width
        rows = self._cuts((own.top, own.bottom), positions.height, height, side)
        columns = self._cuts((own.left, own.right), positions.width, width, side)
        return Window.grid(rows, columns, self.image)

    def tile_cost(self, side: int, kept: int) -> float:
        """Estimate the time of evaluation in tiles, relative to one pass over the full image.

        Tiles have `side` pixels a side, and `kept` of them are kept.

        Measured with VGG-19 on the native path, sums included, before it worked row by row: a tile computed twice takes
        1.43 times as long. A kept tile that recomputes its first layers takes 1.4 times as long, and the last kept tile
        no longer than in a full pass. Without the native backend, keeping saves more.
        """
        areas = [outer.size.area for outer in map(self.receptive_window, self.tiles(side))]
        return (sum(areas[:1]) + 1.4 * sum(areas[1:kept]) + 1.43 * sum(areas[kept:])) / self.image.area

    def representative_tiles(self, tiles: Sequence[Window], device: torch.device) -> Sequence[Window]:
        """Return the tiles to evaluate: all, or on `meta`, where only memory counts, the one that takes the most."""
        if device.type != "meta" or not tiles:
            return tiles
        return [max(tiles, key=lambda tile: self.receptive_window(tile).size.area)]

    def _cuts(self, span: tuple[int, int], positions: int, image: int, side: int) -> list[int]:
        """Return the cuts along one side for as few tiles as possible, of equal outer size.

        The cuts are the beginning of each tile, and the end of the last.
        """
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
