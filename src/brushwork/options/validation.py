"""Checks of option values, and their messages."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from functools import cache
from math import inf
from numbers import Integral, Real
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from brushwork.errors import InputError, suggest_names
from brushwork.images.geometry import Size

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SMALLEST_SIDE = 32
"""Smallest side in pixels; below it the deepest layers have one or two positions, too few for a result."""

_NUMBERS = {int: Integral, float: Real}
"""Types of numbers, such as numpy's, that are accepted in place of Python's own."""

_LONGEST = 100
"""Characters of a value that a message shows."""

_SIZE = re.compile(r"(\d+)[x×](\d+)")


def parse_size(text: str) -> Size:
    """Return the size that WIDTHxHEIGHT names.

    Raises: InputError: another form, or a side below `SMALLEST_SIDE`.
    """
    found = _SIZE.fullmatch(text)
    if found is None:
        raise InputError(f"size is {text!r}: it must be WIDTHxHEIGHT, such as 1024x512.")
    size = Size(int(found[2]), int(found[1]))
    require_option(min(size) >= SMALLEST_SIDE, "size", text, f"at least {SMALLEST_SIDE} pixels a side")
    return size


def require_option(holds: bool, name: str, given: object, expected: str) -> None:
    """Raise an InputError that names the option, the given value and the expected one, unless `holds`."""
    if not holds:
        raise InputError(f"{name.replace('_', '-')} is {given}: it must be {expected}.")


def name_given(name: str, given: object) -> str:
    """Return the beginning of a message about a value: the name and the value, or its type if that is long."""
    name, shown = name.replace("_", "-"), repr(given)
    if len(shown) > _LONGEST or "\n" in shown:
        return f"{name} is given as {type(given).__name__}"
    return f"{name} is {shown}"


def require_interval(every: float | None) -> None:
    """Raise an InputError if a number is not a valid interval between checkpoints; None: there are none."""
    is_one = every is None or (isinstance(every, Real) and 0 <= every < inf)
    require_option(is_one, "checkpoint_every", repr(every), "0 or more seconds, and finite")


def require_callback(given: object) -> None:
    """Raise an InputError if a value is not a function to be called with each event; None: there is none."""
    require_option(given is None or callable(given), "on_event", repr(given), "a function that takes one event")


def require_enough_pixels(size: Size, what: str) -> None:
    """Raise an InputError if an image of this size is too small to be optimized."""
    if min(size) < SMALLEST_SIDE:
        raise InputError(f"{what} is {size} pixels: give one of at least {SMALLEST_SIDE} pixels a side.")


def check_options(options: DataclassInstance) -> None:
    """Check the type of every value of options or a job, and run the checks of every option group it inherits from.

    If the field has that type, lists and arrays become tuples, integers floats, and paths strings.

    Raises: InputError: a value of another type, out of range, or that is not one of the field's choices.
    """
    for name, hint in field_hints(type(options)).items():
        given = getattr(options, name)
        object.__setattr__(options, name, _require_type(name, given, hint))  # the dataclass is frozen
    for group in type(options).__mro__[1:]:
        if "__post_init__" in vars(group):
            vars(group)["__post_init__"](options)


@cache
def field_hints(kind: type[DataclassInstance]) -> Mapping[str, Any]:
    """Return the type of each field of a dataclass."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _require_type(name: str, given: object, hint: Any) -> object:
    """Return a value converted to the type of its field. Raises: InputError: it is of another type."""
    try:
        return _convert(given, hint)
    except TypeError:
        pass
    except OverflowError as error:
        raise InputError(f"{name.replace('_', '-')} is too large: give a number of less than 309 digits.") from error
    choices = get_args(hint) if get_origin(hint) is Literal else ()
    near = suggest_names(str(given), choices) if choices else ""
    hinted = f" {near}" if near.startswith("Did") else ""
    expected = _describe(hint)
    if get_origin(hint) is tuple and isinstance(given, str):
        expected = f"several values, such as ({given!r},)"
    raise InputError(f"{name_given(name, given)}: it must be {expected}.{hinted}")


def _convert(given: object, hint: Any) -> object:
    """Return a value converted to a type. Raises: TypeError: it is of another one; OverflowError: out of range."""
    if hasattr(given, "tolist"):  # an array, a tensor, or one number from them
        given = given.tolist()
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        for part in parts:
            with suppress(TypeError):
                return _convert(given, part)
    elif origin is tuple and isinstance(given, list | tuple):
        return tuple(_convert(one, parts[0]) for one in given)
    elif origin is Literal and isinstance(given, str) and given in parts:
        return given
    elif hint in (int, float) and isinstance(given, _NUMBERS[hint]) and not isinstance(given, bool):
        return hint(given)
    elif hint is str and isinstance(given, os.PathLike):
        return _convert(os.fspath(given), str)
    elif isinstance(hint, type) and hint not in _NUMBERS and isinstance(given, hint):
        return given
    raise TypeError(given)


def _describe(hint: Any) -> str:
    """Return, in words, which values a type has."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is tuple:
        return f"several values, each {_describe(parts[0])}"
    if origin is Literal:
        return f"one of {', '.join(parts)}" if len(parts) > 1 else str(parts[0])
    if origin is not None:
        return " or ".join(map(_describe, parts))
    words = {float: "a number", int: "a whole number", bool: "True or False", str: "text", Path: "a pathlib.Path"}
    return "None" if hint is NoneType else words.get(hint) or hint.__name__
