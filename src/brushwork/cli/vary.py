"""`--vary name=value,value`: which settings a sweep varies, and their values."""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from cyclopts import Token

from brushwork.cli.options import parse_extent, parse_integer
from brushwork.cli.targets import list_images
from brushwork.errors import InputError, suggest_names
from brushwork.folders import expand_user
from brushwork.recipes import PRESETS, TransferOptions
from brushwork.recipes.options import Extent

Variations = dict[str, dict[str, Any]]
"""Name, with underscores → the value as it is shown → the value."""

_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")


def parse_variations(written: Sequence[str]) -> Variations:
    """What is to be varied: options of a transfer, `style` (paintings), `preset` and `ratio`.

    Values are separated by commas; several words of one value by +, as style-layers=conv1_1+conv2_1,conv3_1.

    Raises: InputError: nothing to vary, an unknown or repeated name, or a value that it cannot have.
    """
    found: Variations = {}
    for one in written:
        name, equals, values = one.partition("=")
        name = name.strip().lstrip("-").replace("-", "_")
        if not equals or not _parts(values):
            raise InputError(f"--vary {one} has no values: write it as --vary style-weight=1e2,1e3,1e4.")
        if name in found:
            raise InputError(f"--vary {name.replace('_', '-')} is given twice: write all its values at once.")
        found[name] = _values(name, values)
    if not found:
        raise InputError("there is nothing to vary: give --vary style-weight=1e2,1e3,1e4 or --vary style=*.jpg.")
    return found


def _values(name: str, written: str) -> dict[str, Any]:
    if name == "style":
        return _styles(written)
    read = _reader(name)
    found: dict[str, Any] = {}
    for text in _parts(written):
        value = _read(name, text, read)
        if value not in found.values():
            found[text] = value
    return found


def _read(name: str, text: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise InputError(f"--vary {name.replace('_', '-')}: {error}.") from error


def _styles(written: str) -> dict[str, Any]:
    """Files, folders and patterns; shown by their names, as far as these tell them apart."""
    names = [name for part in _parts(written) for name in _matching(part)]
    paths = list(dict.fromkeys(list_images(names)))
    stems = [path.stem for path in paths]
    return {path.stem if stems.count(path.stem) == 1 else str(path): path for path in paths}


def _matching(part: str) -> list[str]:
    pattern = str(expand_user(part))
    found = sorted(glob.glob(pattern))  # noqa: PTH207 (patterns may be absolute)
    if not found and Path(pattern).exists():  # a name with brackets in it
        return [pattern]
    if not found:
        raise InputError(f"--vary style={part}: there is no such painting.")
    return found


def _reader(name: str) -> Callable[[str], Any]:
    """How a value of a setting is read; ValueError for one that it cannot have.

    Raises: InputError: no such setting.
    """
    if name == "preset":
        return _one_of(tuple(PRESETS))
    hints = {**get_type_hints(TransferOptions), "ratio": float}
    if name not in hints:
        known = [one.replace("_", "-") for one in ("style", "preset", *hints)]
        raise InputError(f"there is no setting {name.replace('_', '-')!r} to vary. {suggest_names(name, known)}")
    return _of_type(hints[name])


def _of_type(hint: Any) -> Callable[[str], Any]:
    if get_origin(hint) is tuple:
        one = _of_type(get_args(hint)[0])
        return lambda text: tuple(one(part) for part in _parts(text, "+"))
    if get_origin(hint) is Literal:
        return _one_of(get_args(hint))
    if hint == Extent:
        return lambda text: parse_extent(None, [Token(value=text)])
    return _PLAIN.get(hint, str)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number") from None


def _truth(text: str) -> bool:
    if text.lower() not in _YES + _NO:
        raise ValueError(f"{text!r} is neither yes nor no")
    return text.lower() in _YES


def _one_of(known: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in known:
            raise ValueError(f"{text!r} is none of {', '.join(known)}")
        return text

    return read


def _parts(written: str, sign: str = ",") -> list[str]:
    return [part.strip() for part in written.split(sign) if part.strip()]


_PLAIN: Mapping[Any, Callable[[str], Any]] = {
    float: _number,
    bool: _truth,
    int: lambda text: parse_integer(None, [Token(value=text)]),
}
