"""Mean and standard deviation of each channel."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.picture.window import Window
from brushwork.terms.moments import mean, mean_std_sums, variance
from brushwork.types import Feature, PerImage, Summary

SMALLEST_VARIANCE = 1e-12
"""Below this a channel counts as dead: its standard deviation keeps a finite gradient."""


@dataclass(frozen=True)
class MeanStdLoss:
    """norm · (‖μ − μ*‖² + std_weight · ‖σ − σ*‖²) over the channels.

    Source: Galerne et al., 2212.13459 (norm 1/N). With a std_weight of 0, the means alone: the model of 1k parameters
    of 1505.07376.
    Differs: the square root is guarded, so that dead channels do not divide by zero.
    """

    layer: str
    mean: Float[Tensor, "_ c"] = field(repr=False)
    std: Float[Tensor, "_ c"] = field(repr=False)
    scale: float
    std_weight: float = 1.0
    halo: int = 0

    def summarize(self, feature: Feature, window: Window) -> Summary:
        return mean_std_sums(feature, self.mean)

    def score(self, summary: Summary) -> PerImage:
        std = torch.sqrt(variance(summary).clamp_min(SMALLEST_VARIANCE))
        means = (mean(summary, self.mean) - self.mean).square()
        return self.scale * (means + self.std_weight * (std - self.std).square()).sum(-1)
