"""An objective: a named, weighted sum of terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from brushwork.errors import InputError
from brushwork.picture.window import Size, Window
from brushwork.terms.term import AnyTerm, WholeTerm
from brushwork.types import Features, Losses, PerPicture, Scalar


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
        scores = {name: _whole(term, features).sum() * weight for name, (weight, term) in self.terms.items()}
        return Losses(total(scores), scores)


def total(scores: Mapping[str, Scalar]) -> Scalar:
    """The sum of the weighted terms."""
    if not scores:
        raise InputError("the objective has no terms: give a content or a style layer.")
    first, *others = scores.values()
    return sum(others, first)


def _whole(term: AnyTerm, features: Features) -> PerPicture:
    feature = features[term.tap]
    if isinstance(term, WholeTerm):
        return term.score_whole(feature)
    return term.score(term.summarize(feature, Window.whole(Size.of(feature))))
