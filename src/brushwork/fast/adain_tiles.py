"""To features and back, at once or tile by tile: each looks at, or paints, all of a picture, and yields how far it is.

Features of a whole picture take 32 bytes a pixel, and lie in a file without a name where that is much. They are made
once, so that statistics over the whole picture cost no second look.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from itertools import pairwise, product

from brushwork.evaluate.layout import TileLayout
from brushwork.evaluate.mapped import empty_or_mapped
from brushwork.fast.adain_decoder import HALO, STRIDE, AdaINDecoder, input_window
from brushwork.perception import Encoder
from brushwork.picture.window import Size, Window
from brushwork.types import Feature, Image

LAYER = "relu4_1"
"""Where pictures are looked at: the decoder learned to paint from there."""

_CHANNELS = 512


def encode_tiled(encoder: Encoder, image: Image, side: int | None = None) -> Generator[int, None, Feature]:
    """The features of a picture, at once or in tiles of `side` pixels, halo included; yields pixels looked at."""
    size = Size.of(image)
    layout = TileLayout.of(encoder, {LAYER: 0}, size)
    tiles = [Window.whole(size)] if side is None else layout.tiles(side)
    if len(tiles) == 1:
        whole: Feature = encoder(image, [LAYER])[LAYER]
        yield size.area
        return whole
    lattice = layout.grids[LAYER]
    found = empty_or_mapped((len(image), *lattice.positions, _CHANNELS), image).permute(0, 3, 1, 2)
    for tile in layout.representative_tiles(tiles, image.device):
        outer = layout.receptive_window(tile)
        seen = encoder(outer.crop(image), [LAYER])[LAYER]
        owned = lattice.owned_positions(tile)
        owned.crop(found).copy_(owned.relative_to(lattice.owned_positions(outer)).crop(seen))
        yield tile.size.area
    return found


def decode_tiled(
    decoder: AdaINDecoder, restyled: Callable[[Window], Feature], canvas: Size, side: int | None = None
) -> Generator[int, None, Image]:
    """The picture that features paint, at once or in tiles; yields pixels painted.

    `restyled` gives the features of a window of cells.
    """
    positions = Size(-(-canvas.height // STRIDE), -(-canvas.width // STRIDE))
    image: Image | None = None
    for tile in _tiles(canvas, side):
        around = input_window(tile, positions)
        painted = decoder(restyled(around))
        if image is None:
            image = painted.new_empty(len(painted), 3, *canvas)
        top, left = tile.top - around.top * STRIDE, tile.left - around.left * STRIDE
        part = painted[..., top : top + tile.height, left : left + tile.width]
        tile.crop(image).copy_(part.clamp_(0, 1))
        yield tile.size.area
    assert image is not None
    return image


def _tiles(canvas: Size, side: int | None) -> list[Window]:
    """Disjoint parts of a picture, each at most `side` pixels a side with its halo, at multiples of the stride."""
    rows, columns = (_cuts(length, side) for length in canvas)
    return [
        Window(top, left, bottom - top, right - left, canvas)
        for (top, bottom), (left, right) in product(pairwise(rows), pairwise(columns))
    ]


def _cuts(length: int, side: int | None) -> list[int]:
    """As few parts as possible, about equal ones."""
    if side is None or length <= side:
        return [0, length]
    inner = max(1, side // STRIDE - 2 * HALO)
    positions = -(-length // STRIDE)
    count = -(-positions // inner)
    return [*(positions * index // count * STRIDE for index in range(count)), length]
