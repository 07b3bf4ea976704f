"""An objective: a named, weighted sum of terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from brushwork.encoders.torch_flags import exact_precision
from brushwork.errors import InputError, NotAdditiveError
from brushwork.images.geometry import Size, Window
from brushwork.losses.loss import AnyLoss, Loss, NonAdditiveLoss, StochasticLoss
from brushwork.types import Feature, Features, LossValues, PerImage, Scalar, Summaries


class WeightedLoss(NamedTuple):
    """A term and its weight in the sum."""

    weight: float
    loss: AnyLoss


@dataclass(frozen=True)
class Objective:
    """Σ weight · term. Objectives add up, and a number times an objective scales it.

    In a loop of one's own: `objective(encoder(image, objective.taps)).total.backward()`.
    """

    losses: Mapping[str, WeightedLoss]
    """Name → weight and term. The names are those of the losses."""

    @classmethod
    def single(cls, name: str, term: AnyLoss, weight: float = 1.0) -> Objective:
        """An objective of a single term."""
        return cls({name: WeightedLoss(weight, term)})

    @property
    def layers(self) -> tuple[str, ...]:
        """Where the network must be read, without repetition."""
        return tuple(dict.fromkeys(weighted.loss.layer for weighted in self.losses.values()))

    def __add__(self, other: Objective) -> Objective:
        """The sum of both.

        Raises: InputError: a name stands in both.
        """
        shared = self.losses.keys() & other.losses.keys()
        if shared:
            raise InputError(f"two terms have the name {sorted(shared)[0]!r}: give one of them another name.")
        return Objective({**self.losses, **other.losses})

    def __mul__(self, factor: float) -> Objective:
        return Objective({name: WeightedLoss(factor * weight, term) for name, (weight, term) in self.losses.items()})

    __rmul__ = __mul__

    def __call__(self, features: Features) -> LossValues:
        """The losses over whole feature maps, summed over the batch."""
        return self._weigh({name: _whole(term, features[term.layer]) for name, (_, term) in self.losses.items()})

    def resample(self, step: int) -> Objective:
        """The same objective with the terms that are drawn by chance (sliced Wasserstein) drawn for another step."""
        return Objective(
            {name: WeightedLoss(weight, _redrawn(term, step)) for name, (weight, term) in self.losses.items()}
        )

    def score(self, summaries: Summaries) -> LossValues:
        """The losses from the sums over the whole maps, by the terms' names."""
        return self._weigh({name: term.score(summaries[name]) for name, term in self.additive.items()})

    @property
    def additive(self) -> Mapping[str, Loss]:
        """The terms, every one a sum over positions.

        Raises: NotAdditiveError: one of them is not.
        """
        return {name: _additive(name, term) for name, (_, term) in self.losses.items()}

    def _weigh(self, scores: Mapping[str, PerImage]) -> LossValues:
        weighed = {name: score.sum() * self.losses[name].weight for name, score in scores.items()}
        return LossValues(total_loss(weighed), weighed)


def total_loss(scores: Mapping[str, Scalar]) -> Scalar:
    """The sum of the weighted terms."""
    if not scores:
        raise InputError("the objective has no terms: give a content or a style layer.")
    first, *others = scores.values()
    return sum(others, first)


def _whole(term: AnyLoss, feature: Feature) -> PerImage:
    with exact_precision(feature.device):
        if isinstance(term, NonAdditiveLoss):
            return term.score_whole(feature)
        return term.score(term.summarize(feature, Window.whole(Size.of(feature))))


def _redrawn(term: AnyLoss, step: int) -> AnyLoss:
    return term.resample(step) if isinstance(term, StochasticLoss) else term


def _additive(name: str, term: AnyLoss) -> Loss:
    if isinstance(term, Loss):
        return term
    raise NotAdditiveError(
        f"{name} ({type(term).__name__}) is no sum over positions, so the picture cannot be looked at in tiles: give "
        "more memory, take a smaller size, or a loss that is one (Gram matrices, means and deviations, covariances)."
    )
