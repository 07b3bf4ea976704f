"""Style losses in options: names with weights, parsed and checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import inf
from typing import Literal, TypeAlias

from brushwork.errors import InputError, suggest_names
from brushwork.losses.names import statistics_losses, style_loss_names

NormalizationName: TypeAlias = Literal["relative", "paper", "authors", "programs", "sums"]


def parse_loss_weights(given: Sequence[str]) -> Mapping[str, float]:
    """Parse `gram:1`, `sliced:0.5` into weights by name; a name alone has weight 1.

    Raises: InputError: no loss, an unknown name, a name given twice, or a weight that is not a finite number of 0 or
    more.
    """
    found = parse_weights(given, "loss", style_loss_names())
    if not found:
        raise InputError(f"no loss was given: use one or more of {', '.join(style_loss_names())}.")
    return found


def parse_weights(given: Sequence[str], kind: str, known: Collection[str]) -> Mapping[str, float]:
    """Parse `one:1`, `other:0.5` into weights by name; a name alone has weight 1. `kind` says what the names stand for.

    Raises: InputError: an unknown name, a name given twice, or a weight that is not a finite number of 0 or more.
    """
    found: dict[str, float] = {}
    for one in given:
        name, colon, written = (one, "", "") if one in known or ":" not in one else one.rpartition(":")
        if name not in known:
            raise InputError(f"there is no {kind} {name!r}. {suggest_names(name, known)}")
        if name in found:
            raise InputError(f"the {kind} {name} was given twice: {' '.join(given)}.")
        found[name] = _number(kind, one, written) if colon else 1.0
    return found


def require_losses(given: Sequence[str], usable: Collection[str], why: str) -> None:
    """Check that every loss is one of the usable ones.

    Raises: InputError: one is not; the message begins with `why` and lists those that are.
    """
    for name in parse_loss_weights(given):
        if name not in usable:
            raise InputError(f"{why}, but the loss {name} needs more: use {' or '.join(usable)}.")


def require_statistics_only(given: Sequence[str], why: str) -> None:
    """Check that the losses need only the statistics of the style, as a style file has them.

    Raises: InputError: one needs the style image itself; the message begins with `why`.
    """
    require_losses(given, statistics_losses(), why)


def _number(kind: str, given: str, written: str) -> float:
    try:
        weight = float(written)
    except ValueError:
        weight = -1.0
    if not 0 <= weight < inf:
        raise InputError(f"the {kind} {given!r} has no weight that is 0 or more, and finite: write it like NAME:0.5.")
    return weight
