"""Channel statistics that AdaIN aims for, and encoding and decoding in tiles.

Features of a large image take 32 bytes a pixel and are kept in an unnamed file. They are computed once, so that
statistics over the whole image need no second pass.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import NamedTuple

import torch

from brushwork.controls.guides import MaskPropagation, feather, propagate_masks
from brushwork.controls.inputs import StyleRegion
from brushwork.controls.style_file import StyleFile
from brushwork.controls.style_scale import ScaledStyle, ScaleOptions, scaled_styles, style_pixels, style_size
from brushwork.encoders import Encoder
from brushwork.errors import InputError
from brushwork.feedforward.networks.adain import (
    HALO,
    STRIDE,
    AdaINDecoder,
    Affine,
    ChannelStatistics,
    Weights,
    apply_affine,
    blend_statistics,
    channel_statistics,
    input_window,
    move_statistics,
)
from brushwork.gradients.tile_layout import TileLayout
from brushwork.images.geometry import Size, Window
from brushwork.images.resample import resize
from brushwork.storage.mapped import empty_or_mapped
from brushwork.style import normalize_weights
from brushwork.types import Feature, Image, Mask

LAYER = "relu4_1"
"""Where pictures are looked at: the decoder learned to paint from there."""

_CHANNELS = 512


@dataclass(frozen=True)
class StyleEncoder:
    """How paintings are looked at for a photograph of a size."""

    encoder: Encoder
    options: ScaleOptions
    canvas: Size
    side: int | None = None
    guides: MaskPropagation = "simple"
    feather: float = 0.0

    def encode_blend(
        self, styles: Sequence[Image | StyleFile], weights: Sequence[float]
    ) -> Generator[int, None, ChannelStatistics]:
        """The blended statistics of paintings; yields pixels looked at."""
        looks = scaled_styles(styles, self.options)
        parts, spreads = normalize_weights(len(looks), weights or None), []
        for view in looks:
            spreads.append((yield from self._whole(view)))
        return blend_statistics(spreads, parts)

    def encode_regions(
        self, regions: Sequence[StyleRegion], styles: Sequence[Image]
    ) -> Generator[int, None, list[ChannelStatistics]]:
        """The statistics of each region's part of its painting; yields pixels looked at."""
        found: dict[int, ChannelStatistics] = {}
        for whose, view in enumerate(scaled_styles(styles, self.options)):
            assert not isinstance(view.style, StyleFile)
            shown = self._scaled(view.style, view.scale)
            feature = yield from encode_tiled(self.encoder, shown, self.side)
            for number, region in enumerate(regions):
                if region.style_index == whose:
                    found[number] = channel_statistics(feature, self._guide(region.style, Size.of(shown), number))
        return [found[number] for number in range(len(regions))]

    def region_guides(self, regions: Sequence[StyleRegion]) -> Weights:
        """How much each cell of the photograph belongs to each region, one map after the other; at most 1 together."""
        size = self.canvas
        maps = torch.cat([self._guide(region.content, size, number) for number, region in enumerate(regions)])
        return maps / maps.sum(0, keepdim=True).clamp_min(1.0)

    def _guide(self, mask: Mask, size: Size, number: int) -> Weights:
        guide = propagate_masks(feather(mask, size, self.feather), LAYER, self.encoder, self.guides)[:, None]
        if not guide.is_meta and not guide.any():
            raise InputError(f"region {number + 1} is too small to be seen at {size}: take a larger size or mask.")
        return guide

    def _whole(self, view: ScaledStyle) -> Generator[int, None, ChannelStatistics]:
        if isinstance(view.style, StyleFile):
            return self._kept(view.style, view.scale)
        shown = self._scaled(view.style, view.scale)
        return channel_statistics((yield from encode_tiled(self.encoder, shown, self.side)))

    def _kept(self, style: StyleFile, scale: float) -> ChannelStatistics:
        if style.encoder.network != self.encoder.name:
            raise InputError(
                f"the style of {style.source} was taken with {style.encoder.network}, and painting at once looks with "
                f"{self.encoder.name}: give the painting itself."
            )
        moments = style.style_at(style_pixels(self.options, self.canvas, scale), [LAYER], self.encoder).statistics[
            LAYER
        ]
        return ChannelStatistics(moments.mean[..., None, None], moments.std[..., None, None])

    def _scaled(self, style: Image, scale: float) -> Image:
        return resize(style, style_size(self.options, self.canvas, Size.of(style), scale), clamp=True)


class UniformRestyle(NamedTuple):
    """All cells become alike."""

    affine: Affine

    def __call__(self, feature: Feature, window: Window) -> Feature:
        """The features of a window, restyled."""
        return apply_affine(self.affine, feature)


class RegionRestyle(NamedTuple):
    """Cells become what their regions say, weighed; what belongs to none stays as it is."""

    affines: Sequence[Affine]
    guides: Weights

    def __call__(self, feature: Feature, window: Window) -> Feature:
        """The features of a window, restyled."""
        guides = window.crop(self.guides)
        found = feature * (1 - guides.sum(0, keepdim=True))
        for affine, guide in zip(self.affines, guides, strict=True):
            found.addcmul_(apply_affine(affine, feature), guide)
        return found


def restyle_uniformly(feature: Feature, wanted: ChannelStatistics, strength: float) -> UniformRestyle:
    """From the statistics of all cells towards those that are wanted."""
    return UniformRestyle(move_statistics(channel_statistics(feature), wanted, strength))


def restyle_regions(
    feature: Feature, wanted: Sequence[ChannelStatistics], guides: Weights, strength: float
) -> RegionRestyle:
    """In each region from the statistics of its cells towards those that are wanted there."""
    own = [channel_statistics(feature, guide[None]) for guide in guides]
    return RegionRestyle([move_statistics(*pair, strength) for pair in zip(own, wanted, strict=True)], guides)


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
