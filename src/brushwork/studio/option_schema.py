"""The options of a kind of painting as a JSON schema, from their dataclass, for forms and other programs."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import fields
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from brushwork.feedforward import AdaINOptions, ModelOptions
from brushwork.options.describe import class_title, describe_fields
from brushwork.options.method import MethodOptions
from brushwork.recipes import load_preset
from brushwork.studio.job_request import FIRST_SIZE
from brushwork.studio.request_options import OF_REQUEST

_TYPES = {int: "integer", float: "number", bool: "boolean", str: "string"}


def known_kinds() -> Mapping[str, MethodOptions]:
    """Return the kinds of painting that can be requested, with their default options."""
    return {
        "transfer": load_preset("default"),
        "instant": AdaINOptions(size=FIRST_SIZE),
        "model": ModelOptions(size=FIRST_SIZE),
    }


def make_option_schema(options: MethodOptions) -> dict[str, Any]:
    """Return the JSON schema of options; `x-group` is the title of the group that a field belongs to."""
    kind = type(options)
    hints, docs, groups = get_type_hints(kind), describe_fields(kind), _groups(kind)
    properties = {
        field.name: {
            **_type(hints[field.name]),
            "description": docs.get(field.name, ""),
            "default": _plain(getattr(options, field.name)),
            "x-group": groups[field.name],
        }
        for field in fields(kind)
        if field.metadata.get("flag", True) and field.name not in OF_REQUEST
    }
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _type(hint: Any) -> dict[str, Any]:
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(inside)}
    if origin is tuple:
        return {"type": "array", "items": _type(inside[0])}
    if origin in (Union, UnionType):
        return {"anyOf": [_type(one) for one in inside]}
    return {"type": _TYPES.get(hint, "null")}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _groups(kind: type) -> dict[str, str]:
    """Return field → title of the class that first has it, as in the groups of the command's help."""
    found: dict[str, str] = {}
    for home in kind.__mro__:
        found |= dict.fromkeys(inspect.get_annotations(home), class_title(home.__name__.removesuffix("Options")))
    return found
