"""An objective: a named, weighted sum of terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from brushwork.errors import InputError, NotAdditive
from brushwork.perception.flags import as_given
from brushwork.picture.window import Size, Window
from brushwork.terms.term import AnyTerm, Drawn, Term, WholeTerm
from brushwork.types import Feature, Features, Losses, PerPicture, Scalar, Summaries


class Weighted(NamedTuple):
    """A term and its weight in the sum."""

    weight: float
    term: AnyTerm


@dataclass(frozen=True)
class Objective:
    """Σ weight · term. Objectives add up, and a number times an objective scales it.

    In a loop of one's own: `objective(encoder(image, objective.taps)).total.backward()`.
    """

    terms: Mapping[str, Weighted]
    """Name → weight and term. The names are those of the losses."""

    @classmethod
    def one(cls, name: str, term: AnyTerm, weight: float = 1.0) -> Objective:
        """An objective of a single term."""
        return cls({name: Weighted(weight, term)})

    @property
    def taps(self) -> tuple[str, ...]:
        """Where the network must be read, without repetition."""
        return tuple(dict.fromkeys(weighted.term.tap for weighted in self.terms.values()))

    def __add__(self, other: Objective) -> Objective:
        """The sum of both.

        Raises: InputError: a name stands in both.
        """
        shared = self.terms.keys() & other.terms.keys()
        if shared:
            raise InputError(f"two terms have the name {sorted(shared)[0]!r}: give one of them another name.")
        return Objective({**self.terms, **other.terms})

    def __mul__(self, factor: float) -> Objective:
        return Objective({name: Weighted(factor * weight, term) for name, (weight, term) in self.terms.items()})

    __rmul__ = __mul__

    def __call__(self, features: Features) -> Losses:
        """The losses over whole feature maps, summed over the batch."""
        return self._weigh({name: _whole(term, features[term.tap]) for name, (_, term) in self.terms.items()})

    def redrawn(self, step: int) -> Objective:
        """The same objective with the terms that are drawn by chance (sliced Wasserstein) drawn for another step."""
        return Objective({name: Weighted(weight, _redrawn(term, step)) for name, (weight, term) in self.terms.items()})

    def score(self, summaries: Summaries) -> Losses:
        """The losses from the sums over the whole maps, by the terms' names."""
        return self._weigh({name: term.score(summaries[name]) for name, term in self.additive.items()})

    @property
    def additive(self) -> Mapping[str, Term]:
        """The terms, every one a sum over positions.

        Raises: NotAdditive: one of them is not.
        """
        return {name: _additive(name, term) for name, (_, term) in self.terms.items()}

    def _weigh(self, scores: Mapping[str, PerPicture]) -> Losses:
        weighed = {name: score.sum() * self.terms[name].weight for name, score in scores.items()}
        return Losses(total(weighed), weighed)


def total(scores: Mapping[str, Scalar]) -> Scalar:
    """The sum of the weighted terms."""
    if not scores:
        raise InputError("the objective has no terms: give a content or a style layer.")
    first, *others = scores.values()
    return sum(others, first)


def _whole(term: AnyTerm, feature: Feature) -> PerPicture:
    with as_given(feature.device):
        if isinstance(term, WholeTerm):
            return term.score_whole(feature)
        return term.score(term.summarize(feature, Window.whole(Size.of(feature))))


def _redrawn(term: AnyTerm, step: int) -> AnyTerm:
    return term.redrawn(step) if isinstance(term, Drawn) else term


def _additive(name: str, term: AnyTerm) -> Term:
    if isinstance(term, Term):
        return term
    raise NotAdditive(
        f"{name} ({type(term).__name__}) is no sum over positions, so the picture cannot be looked at in tiles: give "
        "more memory, take a smaller size, or a loss that is one (Gram matrices, means and deviations, covariances)."
    )
