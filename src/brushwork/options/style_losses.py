"""Names of the style losses and normalizations, and the parser of loss weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Literal, TypeAlias, get_args

from brushwork.errors import InputError, suggest_names

LossName: TypeAlias = Literal["gram", "moments", "covariance", "wasserstein", "sliced", "histogram", "patches"]

LOSSES: tuple[LossName, ...] = get_args(LossName)

MOMENTS_ONLY: tuple[LossName, ...] = ("gram", "moments")
"""Losses that need only the moments saved in a style file; all others need the style image's features."""

BY_REGIONS: tuple[LossName, ...] = tuple(name for name in LOSSES if name != "patches")
"""Losses that work under masks; patches are neighborhoods, which ignore region borders."""

NormalizationName: TypeAlias = Literal["relative", "paper", "authors", "programs"]


def parse_loss_weights(given: Sequence[str]) -> Mapping[LossName, float]:
    """Parse `gram:1`, `sliced:0.5` into weights by name; a name alone has weight 1.

    Raises: InputError: no loss, an unknown name, a name given twice, or a weight that is not a finite number of 0 or
    more.
    """
    found: dict[LossName, float] = {}
    for one in given:
        name, colon, written = one.partition(":")
        if name not in LOSSES:
            raise InputError(f"there is no loss {name!r}. {suggest_names(name, LOSSES)}")
        if name in found:
            raise InputError(f"the loss {name} is given twice: {' '.join(given)}.")
        found[name] = _number(one, written) if colon else 1.0
    if not found:
        raise InputError(f"no loss is given: name one or more of {', '.join(LOSSES)}.")
    return found


def require_known_losses(given: Sequence[str], known: Sequence[LossName], why: str) -> None:
    """Raise an InputError if a loss is not among those in `known`.

    Raises: InputError: there is one; the message begins with `why`.
    """
    for name in parse_loss_weights(given):
        if name not in known:
            raise InputError(f"{why}, and the loss {name} wants more: take {' or '.join(known)}.")


def _number(given: str, written: str) -> float:
    try:
        weight = float(written)
    except ValueError:
        weight = -1.0
    if not 0 <= weight < inf:
        raise InputError(f"the loss {given!r} has no weight that is 0 or more, and finite: write it as sliced:0.5.")
    return weight
