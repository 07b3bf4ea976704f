"""What every loss of this field is: score( Σ_p summarize(f(p), p) )."""

from __future__ import annotations

from typing import Protocol, TypeAlias, runtime_checkable

from brushwork.images.geometry import Window
from brushwork.types import Feature, PerImage, Summary


class AdditiveStatistic(Protocol):
    """A sum over positions: of a whole picture, of its tiles, or of what many machines have of it."""

    @property
    def layer(self) -> str:
        """Where the network is read."""

    @property
    def halo(self) -> int:
        """How many neighboring cells `summarize` looks at beyond its window; mostly 0."""

    def summarize(self, feature: Feature, window: Window) -> Summary:
        """The sums over the cells of `window`; `feature` covers `window.expand(self.reach)`."""


@runtime_checkable
class Loss(AdditiveStatistic, Protocol):
    """A sum over positions, followed by a small differentiable score."""

    def score(self, summary: Summary) -> PerImage:
        """The loss from the sums over the whole map, one number for each picture of the batch."""


@runtime_checkable
class NonAdditiveLoss(Protocol):
    """A loss that is no sum over positions: it wants the whole map at once, and neither tiles nor many machines."""

    @property
    def layer(self) -> str:
        """Where the network is read."""

    def score_whole(self, feature: Feature) -> PerImage:
        """The loss, one number for each picture of the batch."""


AnyLoss: TypeAlias = Loss | NonAdditiveLoss
"""What an objective is made of."""


@runtime_checkable
class StochasticLoss(Protocol):
    """A term that is drawn by chance, and stays so until it is asked to be drawn again."""

    def resample(self, step: int) -> AnyLoss:
        """The same term, drawn for another outer step: the same step gives the same term."""


def add_summary(one: Summary, other: Summary) -> Summary:
    """The summary of two disjoint windows together."""
    return {name: value + other[name] for name, value in one.items()}
