"""Regions: a part of a photograph, and the part of a painting it is painted after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import torch

from brushwork.errors import InputError
from brushwork.recipes.guides import MaskPropagation
from brushwork.recipes.kept_style import StyleFile
from brushwork.types import Image, Mask


@dataclass(frozen=True)
class StyleRegion:
    """A part of the photograph, and the part of a painting after which it is painted."""

    content: Mask = field(repr=False)
    """Weights in [0, 1], one map; of any size with the photograph's proportions."""
    style: Mask = field(repr=False)
    """The same over the painting."""
    style_index: int = 0
    """Number of the painting, from 0."""

    def to(self, device: torch.device) -> StyleRegion:
        """The same on a device."""
        return replace(self, content=self.content.to(device), style=self.style.to(device))


class GuideOptions(NamedTuple):
    """How masks become guides."""

    way: MaskPropagation
    feather: float
    """Pixels at the size of now."""


def require_regions(
    regions: Sequence[StyleRegion], styles: Sequence[Image | StyleFile], blend: Sequence[float]
) -> None:
    """Refuse regions that the paintings cannot serve.

    Raises: InputError: a region of a painting that is not there or of which only the style was kept, a painting
    without a region, masks of several maps, or weights of a blend.
    """
    for number, style in enumerate(styles):
        if isinstance(style, StyleFile):
            raise InputError(
                f"of {style.source} only the style is kept, which has no regions: give the painting itself."
            )
        if all(region.style_index != number for region in regions):
            raise InputError(f"painting {number + 1} has no region: give a mask for each painting.")
    for number, region in enumerate(regions, start=1):
        if not 0 <= region.style_index < len(styles):
            raise InputError(f"region {number} is of painting {region.style_index + 1}, and {len(styles)} are given.")
        for mask in (region.content, region.style):
            if len(mask) != 1:
                raise InputError(f"region {number} has masks of {len(mask)} maps: give one map for each.")
    if regions and blend:
        raise InputError("regions say which painting is taken where: leave style-blend away, or the regions.")
