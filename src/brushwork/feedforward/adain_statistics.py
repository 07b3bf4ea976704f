"""Target channel statistics of AdaIN, and tiled encoding and decoding.

Features of a large image take 32 bytes per pixel and are stored in an unnamed file. They are computed only once:
statistics over the full image need no second pass.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch

from brushwork.choices import MaskPropagation
from brushwork.controls.adain import LAYER, ChannelStatistics, Weights, channel_statistics
from brushwork.controls.guides import feather, propagate_masks
from brushwork.controls.inputs import StyleRegion
from brushwork.controls.style_file import ADAIN, StyleFile
from brushwork.controls.style_scale import ScaledStyle, ScaleOptions, scaled_styles, style_pixels, style_size
from brushwork.encoders import Encoder
from brushwork.errors import InputError
from brushwork.feedforward.networks.adain import (
    HALO,
    STRIDE,
    AdaINDecoder,
    Affine,
    apply_affine,
    blend_statistics,
    input_window,
    move_statistics,
)
from brushwork.gradients.tile_layout import TileLayout
from brushwork.images.geometry import Size, Window, cut_evenly
from brushwork.images.resample import resize
from brushwork.storage.mapped import empty_or_mapped
from brushwork.style import normalize_weights
from brushwork.types import Feature, Image, Mask

_CHANNELS = 512


@dataclass(frozen=True)
class StyleEncoder:
    """Encodes style images for a content image of a given size."""

    encoder: Encoder
    options: ScaleOptions
    canvas: Size
    side: int | None = None
    guides: MaskPropagation = "simple"
    feather: float = 0.0

    def encode_blend(
        self, styles: Sequence[Image | StyleFile], weights: Sequence[float]
    ) -> Generator[int, None, ChannelStatistics]:
        """Return the blended statistics of style images; yield numbers of encoded pixels."""
        views = scaled_styles(styles, self.options)
        parts, statistics = normalize_weights(len(views), weights or None), []
        for view in views:
            statistics.append((yield from self._whole(view)))
        return blend_statistics(statistics, parts)

    def encode_regions(
        self, regions: Sequence[StyleRegion], styles: Sequence[Image]
    ) -> Generator[int, None, list[ChannelStatistics]]:
        """Return the statistics of each region's part of its style image; yield numbers of encoded pixels."""
        found: dict[int, ChannelStatistics] = {}
        for whose, view in enumerate(scaled_styles(styles, self.options)):
            assert not isinstance(view.style, StyleFile)
            shown = self._scale(view.style, view.scale)
            feature = yield from encode_tiled(self.encoder, shown, self.side)
            for number, region in enumerate(regions):
                if region.style_index == whose:
                    found[number] = channel_statistics(feature, self._guide(region.style, Size.of(shown), number))
        return [found[number] for number in range(len(regions))]

    def region_guides(self, regions: Sequence[StyleRegion]) -> Weights:
        """Return the weight of each region at each position of the content, as one map per region.

        Their sum is at most 1.
        """
        size = self.canvas
        maps = torch.cat([self._guide(region.content, size, number) for number, region in enumerate(regions)])
        return maps / maps.sum(0, keepdim=True).clamp_min(1.0)

    def _guide(self, mask: Mask, size: Size, number: int) -> Weights:
        guide = propagate_masks(feather(mask, size, self.feather), LAYER, self.encoder, self.guides)[:, None]
        if not guide.is_meta and not guide.any():
            raise InputError(f"region {number + 1} is too small for the encoder at {size}: use a larger size or mask.")
        return guide

    def _whole(self, view: ScaledStyle) -> Generator[int, None, ChannelStatistics]:
        if isinstance(view.style, StyleFile):
            return self._file_statistics(view.style, view.scale)
        shown = self._scale(view.style, view.scale)
        return channel_statistics((yield from encode_tiled(self.encoder, shown, self.side)))

    def _file_statistics(self, style: StyleFile, scale: float) -> ChannelStatistics:
        entry = style.nearest(style_pixels(self.options, self.canvas, scale)).statistics.get(ADAIN)
        if entry is None:
            raise InputError(
                f"the style of {style.source} was extracted with {style.encoder.network}, "
                f"but --instant needs {self.encoder.name}: give the style image itself, or extract it again."
            )
        return ChannelStatistics.of_entry(entry)

    def _scale(self, style: Image, scale: float) -> Image:
        return resize(style, style_size(self.options, self.canvas, Size.of(style), scale), clamp=True)


class UniformRestyle(NamedTuple):
    """Applies one affine map to all positions."""

    affine: Affine

    def __call__(self, feature: Feature, window: Window) -> Feature:
        """Return the restyled features of a window."""
        return apply_affine(self.affine, feature)


class RegionRestyle(NamedTuple):
    """Applies each region's affine map, weighted by its guide; positions outside all regions stay unchanged."""

    affines: Sequence[Affine]
    guides: Weights

    def __call__(self, feature: Feature, window: Window) -> Feature:
        """Return the restyled features of a window."""
        guides = window.crop(self.guides)
        found = feature * (1 - guides.sum(0, keepdim=True))
        for affine, guide in zip(self.affines, guides, strict=True):
            found.addcmul_(apply_affine(affine, feature), guide)
        return found


def restyle_uniformly(feature: Feature, target: ChannelStatistics, strength: float) -> UniformRestyle:
    """Return the map that moves the statistics of all positions toward the target."""
    return UniformRestyle(move_statistics(channel_statistics(feature), target, strength))


def restyle_regions(
    feature: Feature, target: Sequence[ChannelStatistics], guides: Weights, strength: float
) -> RegionRestyle:
    """Return the map that moves the statistics of each region toward those of its target."""
    own = [channel_statistics(feature, guide[None]) for guide in guides]
    return RegionRestyle([move_statistics(*pair, strength) for pair in zip(own, target, strict=True)], guides)


def encode_tiled(encoder: Encoder, image: Image, side: int | None = None) -> Generator[int, None, Feature]:
    """Return the features of an image, encoded whole or in tiles of `side` pixels, halo included.

    Yields numbers of encoded pixels.
    """
    size = Size.of(image)
    layout = TileLayout.of(encoder, {LAYER: 0}, size)
    tiles = [Window.whole(size)] if side is None else layout.tiles(side)
    if len(tiles) == 1:
        whole: Feature = encoder(image, [LAYER])[LAYER]
        yield size.area
        return whole
    grid = layout.grids[LAYER]
    found = empty_or_mapped((len(image), _CHANNELS, *grid.positions), image, is_channels_last=True)
    for tile in layout.representative_tiles(tiles, image.device):
        outer = layout.receptive_window(tile)
        features = encoder(outer.crop(image), [LAYER])[LAYER]
        owned = grid.owned_positions(tile)
        owned.crop(found).copy_(owned.relative_to(grid.owned_positions(outer)).crop(features))
        yield tile.size.area
    return found


def decode_tiled(
    decoder: AdaINDecoder, restyled: Callable[[Window], Feature], canvas: Size, side: int | None = None
) -> Generator[int, None, Image]:
    """Return the image decoded from features, whole or in tiles; yield numbers of decoded pixels.

    `restyled` returns the features of a window of positions.
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
    """Return disjoint tiles of an image, aligned to the stride.

    Each is at most `side` pixels wide and high, halo included.
    """
    rows, columns = (_cuts(length, side) for length in canvas)
    return Window.grid(rows, columns, canvas)


def _cuts(length: int, side: int | None) -> list[int]:
    """Return the boundaries of the fewest parts possible, of about equal length."""
    if side is None or length <= side:
        return [0, length]
    inner = max(1, side // STRIDE - 2 * HALO)
    positions = -(-length // STRIDE)
    return cut_evenly(positions, -(-positions // inner), STRIDE, length)
