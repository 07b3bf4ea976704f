"""How a command ends: exit codes, and the line that says why."""

from __future__ import annotations

import sys

from brushwork.errors import BrushworkError, InputError

FAILURE = 1
USAGE = 2
INTERRUPTED = 130
"""128 + the number of SIGINT, as shells have it."""


class Interrupted(Exception):  # noqa: N818 (it reads as a statement, as the library's own)
    """A person stopped the painting. `kept`: it can be resumed."""

    def __init__(self, message: str, *, kept: bool) -> None:
        super().__init__(message)
        self.kept = kept


def exit_code(error: BrushworkError) -> int:
    """2 for what a person gave, 1 for everything else."""
    return USAGE if isinstance(error, InputError) else FAILURE


def message(error: BaseException) -> str:
    """What an error says, and what was added to it on the way."""
    return " ".join([str(error), *getattr(error, "__notes__", ())])


def fail(message: str) -> None:
    """The line that says what went wrong."""
    print(f"brushwork: error: {message}", file=sys.stderr, flush=True)  # noqa: T201
