"""Names of the style losses and of the normalizations, and the weights of each loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Literal, TypeAlias, get_args

from brushwork.errors import InputError, suggest_names

LossName: TypeAlias = Literal["gram", "moments", "covariance", "wasserstein", "sliced", "histogram", "patches"]

LOSSES: tuple[LossName, ...] = get_args(LossName)

MOMENTS_ONLY: tuple[LossName, ...] = ("gram", "moments")
"""What can be had of a style that was kept: everything else wants the painting's features."""

BY_REGIONS: tuple[LossName, ...] = tuple(name for name in LOSSES if name != "patches")
"""What can be had under masks; patches lie beside each other, and know no borders."""

NormalizationName: TypeAlias = Literal["relative", "paper", "authors", "programs"]


def parse_loss_weights(given: Sequence[str]) -> Mapping[LossName, float]:
    """From `gram:1`, `sliced:0.5` to weights by name; a name alone weighs 1.

    Raises: InputError: no loss, an unknown name, one that is given twice, or a weight that is not a number from 0 on.
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
    """Refuse losses that are none of those known.

    Raises: InputError: there is one; it says `why` that cannot be.
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
