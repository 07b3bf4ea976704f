"""Options of what paints in one pass, out of those of painting: what it knows is taken, the rest is left aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from brushwork.cli.options import Given

if TYPE_CHECKING:
    from brushwork.fast.at_once import AtOnce

Kind = TypeVar("Kind", bound="AtOnce")


def at_once(kind: type[Kind], base: object, given: Given, own: Mapping[str, Any]) -> Kind:
    """The options of a kind: its `own`, over those that were given for painting, over a preset's.

    Raises: InputError: a value out of range.
    """
    names = [field.name for field in fields(kind)]
    preset = {name: getattr(base, name) for name in names if hasattr(base, name)}
    return kind(**preset | {name: value for name, value in given.items() if name in names} | dict(own))


def left_aside(kind: type[AtOnce], given: Given) -> str:
    """The flags that were given and that painting in one pass has no use for, as a list; empty: none."""
    names = {field.name for field in fields(kind)}
    return ", ".join(f"--{name.replace('_', '-')}" for name in given if name not in names)
