"""A toy style loss, as one would write it: the means of the features. Tests put this file into `losses/`."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from brushwork.images.geometry import Window
from brushwork.losses.style_loss import Norms, StyleLossSpec, StyleTarget, register_loss
from brushwork.types import Feature, PerImage, Summary


@dataclass(frozen=True)
class ToyLoss:
    """Mean loss, scale · ‖μ − μ*‖², with μ = Σ u f / Σ u under the guide u."""

    layer: str
    target: Tensor
    scale: float
    guide: Tensor | None = None
    halo: int = 0

    def summarize(self, feature: Feature, window: Window) -> Summary:
        weights = torch.ones_like(feature[:1, 0]) if self.guide is None else window.crop(self.guide).to(feature)
        return {"count": weights.sum().expand(len(feature)), "first": (feature * weights).sum((2, 3))}

    def score(self, summary: Summary) -> PerImage:
        mean = summary["first"] / summary["count"].unsqueeze(-1)
        return self.scale * (mean - self.target).square().sum(-1)


def _make(target: StyleTarget, norms: Norms) -> ToyLoss:
    return ToyLoss(target.layer, target.statistics.mean, norms.mean_std_norm(target.statistics), target.guide)


register_loss(StyleLossSpec(name="toy", help="means alone", make=_make, needs_image=False, regions="guide"))
