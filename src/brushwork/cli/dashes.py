"""The dash: standard input or output, where a command takes one."""

from __future__ import annotations

from typing import Annotated, TypeAlias, get_args

from cyclopts import App, ArgumentCollection

from brushwork.errors import InputError

DASH = "\0-"
"""How it reaches the commands: parsers take a dash for an option, and this for a name."""

STREAM = "a standard stream, too"
"""Marks the parameters, in their annotations, for which it has a meaning."""

Picture: TypeAlias = Annotated[str, STREAM]
"""A picture's name, or a dash."""


def is_dash(name: str) -> bool:
    """Whether standard input or output is meant; settings files have the plain dash."""
    return name in (DASH, "-")


def restore_dashes(text: str) -> str:
    """The text as a person wrote it, also where it is quoted."""
    return text.replace(DASH, "-").replace(ascii(DASH)[1:-1], "-")


def require_streams(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Refuse the dash where it means nothing.

    Raises: InputError.
    """
    for argument in arguments:
        given = any(token.value == DASH for token in argument.tokens)
        if given and STREAM not in get_args(argument.field_info.annotation):
            raise InputError(
                f"- stands for standard input or output, and {argument.name} takes neither: write a file or a value."
            )
