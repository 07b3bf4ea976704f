"""Content loss: compares features with those of the content image, position by position."""

from __future__ import annotations

from dataclasses import dataclass, field

from brushwork.images.geometry import Window
from brushwork.losses.moments import distance_sums
from brushwork.types import Feature, PerImage, Summary


@dataclass(frozen=True)
class ContentLoss:
    """Content loss, scale · Σ_p ‖f(p) − f*(p)‖².

    `scale` is ½ in the paper and 1/(N·M) in the authors' programs.

    Source: 1508.06576, eq. 1.
    """

    layer: str
    target: Feature = field(repr=False)
    """f*, the content image's features over the full map, or from row `top` down."""
    scale: float
    halo: int = 0
    top: int = 0
    """First row of the map that f* covers, if a process holds only a band of it."""

    def summarize(self, feature: Feature, window: Window) -> Summary:
        return distance_sums(feature, window.crop_top(self.top).crop(self.target))

    def score(self, summary: Summary) -> PerImage:
        return self.scale * summary["square"]
