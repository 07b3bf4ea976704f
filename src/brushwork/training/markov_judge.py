"""The judge of a Markovian painter: for every patch of a block, whether it passes for real."""

from __future__ import annotations

from torch import nn

from brushwork.recipes.patch_judge import SLOPE
from brushwork.types import Feature

_WIDER = 2


class BlockDiscriminator(nn.Module):
    """Leaky ReLU – 4×4 by 2 – batch norm – leaky ReLU – 4×4 by 2 – batch norm – leaky ReLU – 1×1: 8×8 scores for 128².

    It looks at conv3_1. Scores at the border, which hang on cells beyond it, are left out.

    Source: Li & Wand, 1604.04382, fig. 4, and the authors' program.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        wide = _WIDER * channels
        self.layers = nn.Sequential(
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(channels, channels, 4, 2, padding=1, bias=False),
            nn.BatchNorm2d(channels, track_running_stats=False),
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(channels, wide, 4, 2, padding=1, bias=False),
            nn.BatchNorm2d(wide, track_running_stats=False),
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(wide, 1, 1, bias=False),
        )

    def forward(self, feature: Feature) -> Feature:
        scores: Feature = self.layers(feature)
        return scores[..., 1:-1, 1:-1]
