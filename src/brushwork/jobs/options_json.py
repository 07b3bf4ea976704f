"""The options of a method as JSON, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, cast

from brushwork._lazy import import_modules
from brushwork.errors import InputError, suggest_names
from brushwork.options import METHODS, MethodOptions

if TYPE_CHECKING:
    from brushwork.jobs.job import JobOptions


def known_methods() -> Mapping[str, type[MethodOptions]]:
    """Return the options class of every recipe and network by its name in manifests."""
    import_modules("brushwork.recipes", "\n@register\n")
    import_modules("brushwork.feedforward", "\n@register\n")
    return METHODS


def options_to_json(options: MethodOptions) -> dict[str, Any]:
    """Return the value of every field by name."""
    return asdict(options)


def options_from_json(method: object, data: object) -> JobOptions:
    """Return the options of a named method; the inverse of `options_to_json`.

    Raises: InputError: an unknown method, a missing or an unknown field, or a value that the field does not take.
    """
    methods = known_methods()
    if not isinstance(method, str) or method not in methods:
        raise InputError(f"there is no method {method!r}. {suggest_names(str(method), methods)}")
    if not isinstance(data, dict):
        raise InputError(f"the options of {method} are {data!r}: they must be an object with a value for each option.")
    kind = methods[method]
    names = {field.name for field in fields(kind)}
    if data.keys() != names:
        raise InputError(
            f"the options of {method} do not fit this version of brushwork "
            f"(missing: {_list_names(names - data.keys())}; unknown: {_list_names(data.keys() - names)}): "
            "use the version that wrote them."
        )
    return cast("JobOptions", kind(**data))


def _list_names(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"
