"""A recipe's options as JSON, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from brushwork.errors import InputError, did_you_mean
from brushwork.fast.at_once import AtOnce
from brushwork.fast.by_painter import ByPainter
from brushwork.fast.instant import Instant
from brushwork.recipes import Mdan, Options, ReconstructContent, Texture, Transfer

RECIPES: Mapping[str, type[Options | AtOnce]] = {
    "transfer": Transfer,
    "reconstruct-content": ReconstructContent,
    "texture": Texture,
    "mdan": Mdan,
    "instant": Instant,
    "painter": ByPainter,
}
"""The recipes, and what paints at once, by the name that stands in records."""


def recipe_of(options: Options | AtOnce) -> str:
    """The name of the recipe that the options belong to."""
    return next(name for name, kind in RECIPES.items() if type(options) is kind)


def options_to_json(options: Options | AtOnce) -> dict[str, Any]:
    """Every field, by name."""
    return asdict(options)


def options_from_json(recipe: object, data: object) -> Options | AtOnce:
    """The options of the recipe of a name; the opposite of `options_to_json`.

    Raises: InputError: an unknown recipe, a missing or an unknown field, or a value that the field does not take.
    """
    if not isinstance(recipe, str) or recipe not in RECIPES:
        raise InputError(f"there is no recipe {recipe!r}. {did_you_mean(str(recipe), RECIPES)}")
    if not isinstance(data, dict):
        raise InputError(f"the options of {recipe} are {data!r}: they must be an object with a value for each option.")
    kind = RECIPES[recipe]
    names = {field.name for field in fields(kind)}
    if data.keys() != names:
        raise InputError(
            f"the options of {recipe} do not fit this version of brushwork "
            f"(missing: {_listed(names - data.keys())}; unknown: {_listed(data.keys() - names)}): "
            "use the version that wrote them."
        )
    hints = get_type_hints(kind)
    values: dict[str, Any] = {name: _value(name, value, hints[name]) for name, value in data.items()}
    return kind(**values)


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _value(name: str, value: object, hint: Any) -> object:
    """The value as the field's type has it; JSON knows no tuples, and may write 1.0 as 1. A number by itself is one of
    several, as older records have it."""
    if get_origin(hint) is tuple and isinstance(value, list | tuple | float):
        several = (value,) if isinstance(value, float) else value
        return tuple(_value(name, one, get_args(hint)[0]) for one in several)
    if hint is float and type(value) is int:
        return float(value)
    if not _is_a(value, hint):
        raise InputError(f"{name} is {value!r} in the record, and is to be of type {hint}: the record was changed.")
    return value


def _is_a(value: object, hint: Any) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return any(_is_a(value, one) for one in get_args(hint))
    return type(value) is hint
