"""Protocols for losses. An additive loss is score( Σ_p summarize(f(p), p) )."""

from __future__ import annotations

from typing import Protocol, TypeAlias, runtime_checkable

from brushwork.images.geometry import Window
from brushwork.types import Feature, PerImage, Summary


class AdditiveStatistic(Protocol):
    """A sum over the positions of a full image, of its tiles, or of the parts that several processes hold."""

    @property
    def layer(self) -> str:
        """Encoder layer whose features are summed."""

    @property
    def halo(self) -> int:
        """Number of neighboring positions that `summarize` needs beyond its window; usually 0."""

    def summarize(self, feature: Feature, window: Window) -> Summary:
        """Compute the sums over the positions of `window`; `feature` covers `window.expand(self.halo)`."""


@runtime_checkable
class Loss(AdditiveStatistic, Protocol):
    """A sum over positions, followed by a small differentiable score."""

    def score(self, summary: Summary) -> PerImage:
        """Return the loss from the sums over the full map, one number for each image of the batch."""


@runtime_checkable
class NonAdditiveLoss(Protocol):
    """A loss that is not a sum over positions. It needs the full map, on one process and without tiles."""

    @property
    def layer(self) -> str:
        """Encoder layer whose features are compared."""

    def score_whole(self, feature: Feature) -> PerImage:
        """Return the loss, one number for each image of the batch."""


AnyLoss: TypeAlias = Loss | NonAdditiveLoss
"""Any loss that an objective accepts."""


@runtime_checkable
class StochasticLoss(Protocol):
    """A loss with random parts, which stay fixed until it is resampled."""

    def resample(self, step: int) -> AnyLoss:
        """Return the same loss, resampled for another step; the same step gives the same loss."""
