"""How a command ends: exit codes, and the line that says why."""

from __future__ import annotations

import re
import signal
import sys

from brushwork.cli.dashes import restore_dashes
from brushwork.errors import BrushworkError, InputError, StopSignalError

FAILURE = 1
USAGE = 2
_SIGNALED = 128
"""Shells add this to the number of the signal that ended a command."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
"""Signs that terminals obey."""


class InterruptedRunError(Exception):
    """A signal stopped the command, and something is to be said of it. `is_resumable`: it can be resumed.

    What was added to the cause is said too.
    """

    def __init__(self, message: str, cause: KeyboardInterrupt, *, kept: bool) -> None:
        super().__init__(" ".join([message, *getattr(cause, "__notes__", ())]))
        self.code, self.is_resumable = interrupt_exit_code(cause), kept


def interrupt_exit_code(interruption: KeyboardInterrupt) -> int:
    """130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP."""
    return _SIGNALED + (interruption.number if isinstance(interruption, StopSignalError) else signal.SIGINT)


def exit_code_for(error: BrushworkError) -> int:
    """2 for what a person gave, 1 for everything else."""
    return USAGE if isinstance(error, InputError) else FAILURE


def format_error(error: BaseException) -> str:
    """What an error says, and what was added to it on the way."""
    return " ".join([str(error), *getattr(error, "__notes__", ())])


def print_failure(message: str) -> None:
    """The line that says what went wrong, whatever signs are in the names."""
    line = _CONTROL.sub(lambda sign: f"\\x{ord(sign[0]):02x}", " ".join(restore_dashes(message).splitlines()))
    print(f"brushwork: error: {line}", file=sys.stderr, flush=True)  # noqa: T201
