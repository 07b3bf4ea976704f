"""Temporal loss: the distance to other frames of a film, warped to this one."""

from __future__ import annotations

from dataclasses import dataclass, field

from jaxtyping import Float
from torch import Tensor

from brushwork.images.geometry import Window
from brushwork.losses.moments import as_float32
from brushwork.types import Feature, PerImage, Summary


@dataclass(frozen=True)
class TemporalLoss:
    """Temporal loss, scale · Σ_p c(p)·‖x(p) − ω(p)‖², over all pixels and channels.

    With scale 1/(3·H·W), pixels of weight 0 count in the denominator, as in the authors' program.

    Source: Ruder, Dosovitskiy, Brox, 1604.08610, equation 8.
    """

    target: Feature = field(repr=False)
    """ω, another stylized frame warped to this one."""
    weights: Float[Tensor, "_ 1 _ _"] = field(repr=False)
    """c, the reliability of the flow, in [0, 1]."""
    scale: float
    layer: str = "pixels"
    halo: int = 0

    def summarize(self, feature: Feature, window: Window) -> Summary:
        """Compute the weighted sum of squares over the positions of the window."""
        difference = as_float32(feature) - as_float32(window.crop(self.target))
        return {"square": (difference.square() * as_float32(window.crop(self.weights))).flatten(1).sum(-1)}

    def score(self, summary: Summary) -> PerImage:
        return self.scale * summary["square"]
