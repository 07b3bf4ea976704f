"""Sources of options: flag, config file, environment, preset, default; the first that has a value wins."""

from __future__ import annotations

import os
import tomllib
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, get_args

from cyclopts import App, Argument, ArgumentCollection, Token
from cyclopts.config import Dict, Env

from brushwork.cli.flags import Given
from brushwork.cli.output import log
from brushwork.errors import InputError, suggest_names
from brushwork.storage.folders import expand_user
from brushwork.storage.pipes import content_of_pipe, is_there

PREFIX = "BRUSHWORK_"

FLAG_ONLY = "not from the environment"
"""Annotation of the parameters whose names mean something else in other commands, so that `BRUSHWORK_…` and the file
that BRUSHWORK_CONFIG names, which are for all commands, do not set them."""

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
"""Byte order marks of UTF-16."""

_YES_AND_NO = {"true": "false", "t": "f", "yes": "no", "y": "n", "1": "0"}
_OPPOSITES = _YES_AND_NO | {no: yes for yes, no in _YES_AND_NO.items()}
"""Each word that cyclopts takes for yes or no → its opposite."""

_SETTINGS: ContextVar[frozenset[str]] = ContextVar("settings", default=frozenset())
"""Flags of the command whose values come from the environment or a file."""

Recipe = TypeVar("Recipe")


def load_config_file(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Read `--config FILE.toml`: `flag = value` lines, with the flags' names in dashes or underscores.

    A file that BRUSHWORK_CONFIG names is for all commands: it sets no `FLAG_ONLY` parameter, and names that are not
    flags of this command are logged and ignored.

    Raises: InputError: no such file, not TOML, or a table in it. cyclopts' errors: unknown flags in a file that
    `--config` names, wrong types.
    """
    config = arguments.get("--config", None)
    given = config.tokens[0].value if config and config.tokens else os.environ.get(f"{PREFIX}CONFIG")
    if config is None or not given:
        return
    settings = _read(Path(given))
    for name, value in settings.items():
        if isinstance(value, dict):
            raise InputError(f"{given} has a table [{name}]: write the options without tables, like size = 512.")
    if not config.tokens:
        settings = _select_shared(settings, arguments, given)
    Dict(settings, source=given)(app, (), arguments)  # no commands: the file has no tables for them


def load_environment(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Read options from BRUSHWORK_SIZE and the like.

    Names that are not options of the command, and those of `FLAG_ONLY` parameters, are ignored.
    """
    shared = arguments.copy()
    shared[:] = [one for one in arguments if not _is_flag_only(one)]
    Env(PREFIX, command=False, show=False)(app, commands, shared)


def negate_settings(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Turn `no-mirror = true` of a file and BRUSHWORK_NO_MIRROR=1 into no: cyclopts would read them as yes."""
    for argument in arguments:
        argument.tokens[:] = [_negate(token) if _is_negated(token, argument) else token for token in argument.tokens]


def note_settings(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Note which values come from the environment or a file, for `is_setting`; it is the last of the sources."""
    _SETTINGS.set(frozenset(one.name for one in arguments if one.tokens and one.tokens[0].source != "cli"))


def is_setting(name: str) -> bool:
    """Return whether the value of a flag, given by its field's name, comes from the environment or a file."""
    return _flag(name) in _SETTINGS.get()


def refuse_flag(name: str, message: str, *, quiet: bool = False) -> None:
    """Refuse a flag that does not apply here; ignore and log a setting, which may be for other commands.

    Raises: InputError: it is a flag of the command line.
    """
    if not is_setting(name):
        raise InputError(message)
    if not quiet:
        log(f"{_flag(name)} of the environment or the settings file is ignored here.")


def resolve_options(base: Recipe, given: Given, ratio: float | None = None) -> Recipe:
    """Return a recipe's options: those given, over a preset or the defaults.

    `ratio` is α/β: it sets the content weight to ratio · style weight.

    Raises: InputError: a value out of range, or both a ratio and a content weight.
    """
    if ratio is not None and "content_weight" in given:
        if is_setting("ratio") == is_setting("content_weight"):
            raise InputError("--ratio and --content-weight were both given: the ratio sets the content's weight.")
        ratio = None if is_setting("ratio") else ratio  # the flag wins
    if ratio is not None:
        if ratio < 0:
            raise InputError(f"ratio is {ratio}: it must be 0 or more.")
        style_weight = given.get("style_weight", getattr(base, "style_weight", 1.0))
        given = {**given, "content_weight": ratio * style_weight}
    return replace(base, **given)  # type: ignore[type-var]


def split_init(given: Given, named: Any) -> tuple[Given, Path | None]:
    """Separate an initial image given by name from one given as a file.

    Raises: InputError: it is neither.
    """
    init, names = given.get("init"), get_args(named)
    if init is None or init in names:
        return given, None
    if not is_there(expand_user(init)):
        raise InputError(
            f"--init {init}: there is no such file, and no start of that name. {suggest_names(init, names)}"
        )
    return {name: value for name, value in given.items() if name != "init"}, expand_user(init)


def _select_shared(settings: dict[str, Any], arguments: ArgumentCollection, file: str) -> dict[str, Any]:
    """Return the settings that this command takes from a file for all commands; log names that are not its flags."""
    flags = {name: argument for argument in arguments for name in argument.names}
    found = {name: flags.get(_flag(name)) for name in settings}
    quiet = arguments.get("--quiet", None)
    unknown = [name for name, argument in found.items() if argument is None]
    if unknown and not (quiet and quiet.tokens):
        log(f"{file}: {', '.join(unknown)} ignored: no options of this command.")
    return {name: settings[name] for name, one in found.items() if one is not None and not _is_flag_only(one)}


def _is_negated(token: Token, argument: Argument) -> bool:
    name = (token.keyword or "").strip("[]").removeprefix(PREFIX)
    return token.source != "cli" and _flag(name.lower()) in argument.negatives


def _negate(token: Token) -> Token:
    """Return the opposite setting; unchanged if it is neither yes nor no, which cyclopts refuses."""
    return token.evolve(value=_OPPOSITES.get(token.value.lower(), token.value))


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _is_flag_only(argument: Argument) -> bool:
    return FLAG_ONLY in get_args(argument.field_info.annotation)


def _read(path: Path) -> dict[str, Any]:
    try:
        piped = content_of_pipe(path)
        content = expand_user(path).read_bytes() if piped is None else piped
        if content.startswith(_UTF16):
            raise InputError(f"the settings file {path} is UTF-16: save it as UTF-8.")
        return tomllib.loads(content.decode("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"the settings file {path} is not TOML: {error}.") from error
    except FileNotFoundError as error:
        raise InputError(f"the settings file {path} does not exist: check the name and the folder.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"the settings file {path} cannot be read ({error}).") from error
