"""Command-line flags from option dataclasses: names, types, help, choices, groups."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, TypedDict, get_args, get_origin, get_type_hints

from cyclopts import Group, Parameter, Token

from brushwork.choices import Quality
from brushwork.options.describe import class_title, describe_fields, first_doc_line
from brushwork.storage.folders import expand_user

PICTURES = Group("Pictures", sort_key=0)
SETTINGS = Group("Settings", sort_key=1)
OUTPUT = Group("Output", sort_key=2)
FIRST_RECIPE_PANEL = 10
"""Sort key of a recipe's first panel: after the general panels, before the rarely used ones."""
_PANELS = 20
"""Sort keys for the panels of one method's options."""
MACHINE = Group("Machine", sort_key=1000)

JsonFlag: TypeAlias = Annotated[bool, Parameter(negative=(), show_default=False)]
ConfigFile: TypeAlias = Annotated[Path | None, Parameter(group=SETTINGS, metavar="FILE.toml")]

QualityName: TypeAlias = Annotated[
    Quality,
    Parameter(
        name="--quality",
        group=SETTINGS,
        help="How long the preset default takes: draft paints in seconds, best takes three times as long as normal.",
    ),
]

Given = dict[str, Any]
"""The options that the user gave, by field; others are absent."""

_NAMED = re.compile("`([a-z0-9_]+)`")
"""A field's name in a docstring."""

_EXTENT = int | Literal["full"]
"""The same as `brushwork.options.Extent`, which is not imported here: help pages must not wait for torch."""


def make_flags(
    defaults: object,
    *more: object,
    without: Collection[str] = (),
    names: Mapping[str, str] | None = None,
    types: Mapping[str, Any] | None = None,
    texts: Mapping[str, str] | None = None,
    marks: tuple[object, ...] = (),
) -> Any:
    """Return a TypedDict with one optional flag for each field of an options dataclass.

    Parsing fills it with exactly the options given, so that files, environment and presets can supply the rest. A
    flag's help is the field's docstring, its default the field's value in `defaults`, and its panel the dataclass that
    has the field. `names`, `types` and `texts` replace a field's flag, type and help. A field with the metadata
    `{"flag": False}` has no flag. `more` are other options, whose fields are added unless `defaults` has one of the
    same name. `marks` are annotations that every flag gets.
    """
    annotations: dict[str, Any] = {}
    for number, options in enumerate((defaults, *more)):
        kind = type(options)
        documented = {**describe_fields(kind), **(texts or {})}
        hints = {**get_type_hints(kind), **(types or {})}
        panels = _panels(kind, FIRST_RECIPE_PANEL + number * _PANELS)
        own = [field.name for field in fields(options) if field.name not in without]  # type: ignore[arg-type]
        flags = {name: f"--{name.replace('_', '-')}" for name in own} | dict(names or {})
        annotations |= {
            field.name: _flag(
                hints[field.name],
                _name_flags(documented.get(field.name, ""), flags),
                panels[field.name],
                getattr(options, field.name),
                (names or {}).get(field.name),
                marks,
            )
            for field in fields(options)  # type: ignore[arg-type]
            if field.name not in {*without, *annotations} and field.metadata.get("flag", True)
        }
    return TypedDict(f"{type(defaults).__name__}Flags", annotations, total=False)  # type: ignore[operator]


def _name_flags(text: str, flags: Mapping[str, str]) -> str:
    """Return a field's docstring with the flags in place of the `fields` that it names; others get hyphens."""
    return _NAMED.sub(lambda found: flags.get(found[1], found[0].replace("_", "-")), text)


def _panels(kind: type, first: int) -> dict[str, Group]:
    """Return field → panel of the class that first has it, since recipes may override fields of their groups."""
    panels: dict[str, Group] = {}
    for place, home in enumerate(kind.__mro__):
        panel = Group(
            class_title(home.__name__.removesuffix("Options")),
            help=first_doc_line(home),
            sort_key=first + place,
        )
        panels |= dict.fromkeys(inspect.get_annotations(home), panel)
    return panels


def _flag(hint: Any, text: str, panel: Group, default: object, name: str | None, marks: tuple[object, ...]) -> Any:
    converter, many = _converter(hint)
    parameter = Parameter(
        name=name,
        help=text,
        group=panel,
        show_default=_format_default(default),
        consume_multiple=many or None,
        negative=() if many else None,
        converter=converter,
    )
    return Annotated[(hint, parameter, *marks)]


def _converter(hint: Any) -> tuple[Callable[[Any, Sequence[Token]], Any] | None, bool]:
    """Return the converter of a type, and whether it takes many tokens: `a b`, `a,b` and repeated flags all work."""
    if get_origin(hint) is tuple:
        one = get_args(hint)[0]
        return (lambda _, tokens: tuple(one(part) for token in tokens for part in split_words(token.value))), True
    if hint == _EXTENT:
        return parse_extent, False
    return (parse_integer, False) if hint is int else (None, False)


def split_words(written: str) -> list[str]:
    """Return the words of a list that is separated by commas."""
    return [part.strip() for part in written.split(",") if part.strip()]


def parse_integer(_: Any, tokens: Sequence[Token]) -> int:
    """Parse an integer; 1e3 is one, 2.5 is not."""
    with suppress(ValueError):
        return int(tokens[0].value)
    with suppress(ValueError):
        number = float(tokens[0].value)
        if number.is_integer():
            return int(number)
    raise ValueError(f"{tokens[0].value!r} is not a whole number")


def home_path(_: Any, tokens: Sequence[Token]) -> Path:
    """Parse a path; a ~ that the shell left is expanded."""
    return expand_user(tokens[0].value)


def parse_extent(_: Any, tokens: Sequence[Token]) -> int | Literal["full"]:
    """Parse an integer, or the word `full`."""
    return "full" if tokens[0].value == "full" else parse_integer(_, tokens)


def _format_default(default: object) -> str | bool:
    match default:
        case bool():
            return "yes" if default else "no"
        case tuple():
            return " ".join(map(str, default)) if default else False
        case float():
            return f"{default:g}"
        case "":
            return False
    return str(default)
