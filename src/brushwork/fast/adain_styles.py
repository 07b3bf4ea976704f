"""What the features of a photograph are to become: the statistics of paintings, blended, or region by region."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch

from brushwork.errors import InputError
from brushwork.fast.adain import Affine, Spread, Weights, applied, blended, spread_of, towards
from brushwork.fast.adain_tiles import TAP, encoded
from brushwork.perception import Encoder
from brushwork.picture.resample import resize
from brushwork.picture.window import Size, Window
from brushwork.recipes.guides import Carrying, carried, feathered
from brushwork.recipes.kept_style import KeptStyle
from brushwork.recipes.regions import Region
from brushwork.recipes.scales import Scaling, View, style_pixels, style_size, views
from brushwork.style import shares
from brushwork.types import Feature, Image, Mask


@dataclass(frozen=True)
class Palette:
    """How paintings are looked at for a photograph of a size."""

    encoder: Encoder
    options: Scaling
    canvas: Size
    side: int | None = None
    guides: Carrying = "simple"
    feather: float = 0.0

    def blend(self, paintings: Sequence[Image | KeptStyle], weights: Sequence[float]) -> Generator[int, None, Spread]:
        """The blended statistics of paintings; yields pixels looked at."""
        looks = views(paintings, self.options)
        parts, spreads = shares(len(looks), weights or None), []
        for view in looks:
            spreads.append((yield from self._whole(view)))
        return blended(spreads, parts)

    def parts(self, regions: Sequence[Region], paintings: Sequence[Image]) -> Generator[int, None, list[Spread]]:
        """The statistics of each region's part of its painting; yields pixels looked at."""
        found: dict[int, Spread] = {}
        for whose, view in enumerate(views(paintings, self.options)):
            assert not isinstance(view.painting, KeptStyle)
            shown = self._scaled(view.painting, view.scale)
            feature = yield from encoded(self.encoder, shown, self.side)
            for number, region in enumerate(regions):
                if region.whose == whose:
                    found[number] = spread_of(feature, self._guide(region.painting, Size.of(shown), number))
        return [found[number] for number in range(len(regions))]

    def guides_of(self, regions: Sequence[Region]) -> Weights:
        """How much each cell of the photograph belongs to each region, one map after the other; at most 1 together."""
        size = self.canvas
        maps = torch.cat([self._guide(region.photograph, size, number) for number, region in enumerate(regions)])
        return maps / maps.sum(0, keepdim=True).clamp_min(1.0)

    def _guide(self, mask: Mask, size: Size, number: int) -> Weights:
        guide = carried(feathered(mask, size, self.feather), TAP, self.encoder, self.guides)[:, None]
        if not guide.is_meta and not guide.any():
            raise InputError(f"region {number + 1} is too small to be seen at {size}: take a larger size or mask.")
        return guide

    def _whole(self, view: View) -> Generator[int, None, Spread]:
        if isinstance(view.painting, KeptStyle):
            return self._kept(view.painting, view.scale)
        shown = self._scaled(view.painting, view.scale)
        return spread_of((yield from encoded(self.encoder, shown, self.side)))

    def _kept(self, style: KeptStyle, scale: float) -> Spread:
        if style.seen.network != self.encoder.name:
            raise InputError(
                f"the style of {style.source} was taken with {style.seen.network}, and painting at once looks with "
                f"{self.encoder.name}: give the painting itself."
            )
        moments = style.at(style_pixels(self.options, self.canvas, scale), [TAP], self.encoder).moments[TAP]
        return Spread(moments.mean[..., None, None], moments.std[..., None, None])

    def _scaled(self, painting: Image, scale: float) -> Image:
        return resize(painting, style_size(self.options, self.canvas, Size.of(painting), scale), clamp=True)


class Everywhere(NamedTuple):
    """All cells become alike."""

    affine: Affine

    def __call__(self, feature: Feature, window: Window) -> Feature:
        """The features of a window, restyled."""
        return applied(self.affine, feature)


class ByRegion(NamedTuple):
    """Cells become what their regions say, weighed; what belongs to none stays as it is."""

    affines: Sequence[Affine]
    guides: Weights

    def __call__(self, feature: Feature, window: Window) -> Feature:
        """The features of a window, restyled."""
        guides = window.crop(self.guides)
        found = feature * (1 - guides.sum(0, keepdim=True))
        for affine, guide in zip(self.affines, guides, strict=True):
            found.addcmul_(applied(affine, feature), guide)
        return found


def everywhere(feature: Feature, wanted: Spread, strength: float) -> Everywhere:
    """From the statistics of all cells towards those that are wanted."""
    return Everywhere(towards(spread_of(feature), wanted, strength))


def by_region(feature: Feature, wanted: Sequence[Spread], guides: Weights, strength: float) -> ByRegion:
    """In each region from the statistics of its cells towards those that are wanted there."""
    own = [spread_of(feature, guide[None]) for guide in guides]
    return ByRegion([towards(*pair, strength) for pair in zip(own, wanted, strict=True)], guides)
