"""The objective to minimize: a named, weighted sum of losses."""

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
    """A loss and its weight in the sum."""

    weight: float
    loss: AnyLoss


@dataclass(frozen=True)
class Objective:
    """Weighted sum of losses, Σ weight · loss; objectives can be added, and multiplied by a number.

    In your own loop: `objective(encoder(image, objective.layers)).total.backward()`.
    """

    losses: Mapping[str, WeightedLoss]
    """Name → weight and loss. The names identify the terms of `LossValues`."""

    @classmethod
    def single(cls, name: str, term: AnyLoss, weight: float = 1.0) -> Objective:
        """Create an objective with a single loss."""
        return cls({name: WeightedLoss(weight, term)})

    @property
    def layers(self) -> tuple[str, ...]:
        """The encoder layers that the losses need, without duplicates."""
        return tuple(dict.fromkeys(weighted.loss.layer for weighted in self.losses.values()))

    def __add__(self, other: Objective) -> Objective:
        """Return the sum of both objectives.

        Raises: InputError: both contain the same name.
        """
        shared = self.losses.keys() & other.losses.keys()
        if shared:
            raise InputError(f"two terms have the name {sorted(shared)[0]!r}: give one of them another name.")
        return Objective({**self.losses, **other.losses})

    def __mul__(self, factor: float) -> Objective:
        return Objective({name: WeightedLoss(factor * weight, term) for name, (weight, term) in self.losses.items()})

    __rmul__ = __mul__

    def __call__(self, features: Features) -> LossValues:
        """Compute the losses from full feature maps, summed over the batch."""
        return self._weigh({name: _whole(term, features[term.layer]) for name, (_, term) in self.losses.items()})

    def resample(self, step: int) -> Objective:
        """Return the objective with its stochastic losses (such as sliced Wasserstein) resampled for step `step`."""
        return Objective(
            {name: WeightedLoss(weight, _resample(term, step)) for name, (weight, term) in self.losses.items()}
        )

    def score(self, summaries: Summaries) -> LossValues:
        """Compute the losses from sums over the full maps, given by loss name."""
        return self._weigh({name: term.score(summaries[name]) for name, term in self.additive.items()})

    @property
    def additive(self) -> Mapping[str, Loss]:
        """The losses by name, if all of them are sums over positions.

        Raises: NotAdditiveError: one of them is not a sum over positions.
        """
        return {name: _additive(name, term) for name, (_, term) in self.losses.items()}

    def _weigh(self, scores: Mapping[str, PerImage]) -> LossValues:
        weighed = {name: score.sum() * self.losses[name].weight for name, score in scores.items()}
        return LossValues(total_loss(weighed), weighed)


def total_loss(scores: Mapping[str, Scalar]) -> Scalar:
    """Return the sum of the weighted losses.

    Raises: InputError: there are no losses.
    """
    if not scores:
        raise InputError("the objective has no terms: give a content or a style layer.")
    first, *others = scores.values()
    return sum(others, first)


def _whole(term: AnyLoss, feature: Feature) -> PerImage:
    with exact_precision(feature.device):
        if isinstance(term, NonAdditiveLoss):
            return term.score_whole(feature)
        return term.score(term.summarize(feature, Window.whole(Size.of(feature))))


def _resample(term: AnyLoss, step: int) -> AnyLoss:
    return term.resample(step) if isinstance(term, StochasticLoss) else term


def _additive(name: str, term: AnyLoss) -> Loss:
    if isinstance(term, Loss):
        return term
    raise NotAdditiveError(
        f"{name} ({type(term).__name__}) is not a sum over positions, so the image cannot be encoded in tiles: allow "
        "more memory, or use a smaller size, or an additive loss (Gram matrices, means and deviations, covariances)."
    )
