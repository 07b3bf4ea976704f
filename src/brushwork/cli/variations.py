"""The settings that `brushwork sweep --vary NAME=VALUE,VALUE` varies, with values parsed like those of flags."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, get_origin

from cyclopts import App, CycloptsError, Parameter

from brushwork.cli.flags import Given, QualityName, make_flags, split_words
from brushwork.cli.paths import list_images
from brushwork.errors import InputError, suggest_names
from brushwork.options.validation import field_hints
from brushwork.recipes import TransferOptions, load_preset
from brushwork.storage.folders import expand_user

if TYPE_CHECKING:
    TransferFlags: TypeAlias = Given
else:
    TransferFlags = make_flags(load_preset("default"))

Variations = dict[str, dict[str, Any]]
"""Name, with underscores → the value as written → the value."""

_STYLE = "style"

_OPTIONS = field_hints(TransferOptions)

_NAMES = (_STYLE, "preset", "quality", "ratio", *_OPTIONS)

_parser = App(name="--vary", result_action="return_value")


@_parser.default
def _collect(
    *,
    preset: str | None = None,
    quality: QualityName | None = None,
    ratio: float | None = None,
    given: Annotated[TransferFlags, Parameter(name="*")] = {},  # noqa: B006
) -> Given:
    return {"preset": preset, "quality": quality, "ratio": ratio, **given}


def parse_variations(written: Sequence[str]) -> Variations:
    """Return the settings to vary and their values: options of a transfer, `style`, `preset`, `quality` and `ratio`.

    Values are separated by commas; words of one value by +, as in style-layers=conv1_1+conv2_1,conv3_1.

    Raises: InputError: nothing to vary, an unknown or repeated name, or an invalid value.
    """
    found: Variations = {}
    for one in written:
        name, equals, values = one.partition("=")
        name = name.strip().lstrip("-").replace("-", "_")
        if not equals or not split_words(values):
            raise InputError(f"--vary {one} has no values: write it like --vary style-weight=1e2,1e3,1e4.")
        if name in found:
            raise InputError(f"--vary {_flag(name)} was given twice: write all of its values in one option.")
        if name not in _NAMES:
            hint = suggest_names(_flag(name), list(map(_flag, _NAMES)))
            raise InputError(f"there is no setting {_flag(name)!r} to vary. {hint}")
        found[name] = _list_styles(values) if name == _STYLE else _parse_values(name, values)
    if not found:
        raise InputError("there is nothing to vary: give --vary style-weight=1e2,1e3,1e4 or --vary style=*.jpg.")
    return found


def _parse_values(name: str, written: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in split_words(written):
        value = _parse(name, text)
        if value not in found.values():
            found[text] = value
    return found


def _parse(name: str, text: str) -> Any:
    """Return the value of a setting, parsed as by its flag. Raises: InputError: it takes no such value."""
    takes_many = get_origin(_OPTIONS.get(name)) is tuple
    value = text.replace("+", ",") if takes_many else text
    try:
        return _parser([f"--{_flag(name)}={value}"], exit_on_error=False, print_error=False)[name]
    except CycloptsError as error:
        raise InputError(f"--vary {_flag(name)}={text}: {' '.join(str(error).split())}") from error


def _list_styles(written: str) -> dict[str, Any]:
    """Return the files of names, folders and patterns by the shortest names that are unique."""
    names = [name for part in split_words(written) for name in _match(part)]
    paths = list(dict.fromkeys(list_images(names)))
    stems = [path.stem for path in paths]
    return {path.stem if stems.count(path.stem) == 1 else str(path): path for path in paths}


def _match(part: str) -> list[str]:
    pattern = str(expand_user(part))
    found = sorted(glob.glob(pattern))  # noqa: PTH207 (patterns may be absolute)
    if not found and Path(pattern).exists():  # a name with brackets in it
        return [pattern]
    if not found:
        raise InputError(f"--vary style={part}: there is no such style image.")
    return found


def _flag(name: str) -> str:
    return name.replace("_", "-")
