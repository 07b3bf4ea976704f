"""Options of what paints in one pass, out of those of painting: what it knows is taken, the rest is left aside."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from brushwork.cli.options import Given
from brushwork.cli.output import log
from brushwork.cli.running import RunFlags

if TYPE_CHECKING:
    from brushwork.fast.at_once import FeedForwardOptions

Kind = TypeVar("Kind", bound="FeedForwardOptions")


def feedforward_options(
    options_class: type[Kind], base: object, given: Given, own: Mapping[str, Any], flags: RunFlags
) -> Kind:
    """The options of a kind: its `own` that are not None, over those that were given for painting, over a preset's.

    What it has no use for is told.

    Raises: InputError: a value out of range.
    """
    names = [field.name for field in fields(options_class)]
    log_ignored(given, names, flags)
    preset = {name: getattr(base, name) for name in names if hasattr(base, name)}
    taken = {name: value for name, value in given.items() if name in names}
    return options_class(**preset | taken | {name: value for name, value in own.items() if value is not None})


def log_ignored(given: Given, known: Collection[str], flags: RunFlags) -> None:
    """Tell which options were given, by flag, file or environment, that are not known to what paints in one pass."""
    aside = ", ".join(f"--{name.replace('_', '-')}" for name in given if name not in known)
    if aside and not flags.quiet:
        log(f"painting at once leaves aside {aside}.")
