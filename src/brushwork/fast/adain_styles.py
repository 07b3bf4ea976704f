"""What the features of a photograph are to become: the statistics of paintings, blended, or region by region."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch

from brushwork.errors import InputError
from brushwork.fast.adain import (
    Affine,
    ChannelStatistics,
    Weights,
    apply_affine,
    blend_statistics,
    channel_statistics,
    move_statistics,
)
from brushwork.fast.adain_tiles import LAYER, encode_tiled
from brushwork.perception import Encoder
from brushwork.picture.resample import resize
from brushwork.picture.window import Size, Window
from brushwork.recipes.guides import MaskPropagation, feather, propagate_masks
from brushwork.recipes.kept_style import StyleFile
from brushwork.recipes.regions import StyleRegion
from brushwork.recipes.scales import ScaledStyle, ScaleOptions, scaled_styles, style_pixels, style_size
from brushwork.style import normalize_weights
from brushwork.types import Feature, Image, Mask


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
