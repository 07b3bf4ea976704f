"""The dash `-` for standard input or output, where a command accepts it."""

from __future__ import annotations

from typing import Annotated, TypeAlias, get_args

from cyclopts import App, ArgumentCollection

from brushwork.errors import InputError

DASH = "\0-"
"""How a dash is passed to the commands: parsers take a dash for an option, and this for a name."""

STREAM = "a standard stream, too"
"""Annotation of the parameters that accept a dash."""

Picture: TypeAlias = Annotated[str, STREAM]
"""The name of an image file, or a dash."""


def is_dash(name: str) -> bool:
    """Return whether a name means standard input or output; config files have the plain dash."""
    return name in (DASH, "-")


def restore_dashes(text: str) -> str:
    """Return the text as the user wrote it, even where it is quoted."""
    return text.replace(DASH, "-").replace(ascii(DASH)[1:-1], "-")


def require_streams(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Check that a dash is given only where it is accepted.

    Raises: InputError.
    """
    for argument in arguments:
        given = any(token.value == DASH for token in argument.tokens)
        if given and STREAM not in get_args(argument.field_info.annotation):
            raise InputError(
                f"- means standard input or output, which {argument.name} does not accept: give a file or a value."
            )
