"""The standard streams of a process: closed ones, full ones, and those that have not every letter."""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import Any

from brushwork.errors import InputError
from brushwork.storage.file_names import to_readable

ON_STDOUT, ON_STDERR = "brushwork.stdout", "brushwork.stderr"
"""Names of error handlers for `codecs`."""

_SIGNS = "× − – — · → ← ↑ ↓ ‖ ± ≠ ≤ ≥ … ½ α β δ λ μ σ Σ"
_LETTERS = "x - - - * -> <- ^ v || +/- != <= >= ... 1/2 alpha beta delta lambda mu sigma sum"
_PLAIN = str.maketrans(dict(zip(_SIGNS.split(), _LETTERS.split(), strict=True)))
"""What stands for the signs in our own lines."""

_POWER = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")

_BYTES = "\udc80-\udcff"
"""Surrogates that stand for the bytes from 0x80 on in a name that is no UTF-8 (PEP 383)."""


def configure_streams() -> None:
    """Make the three standard streams safe to use, whatever this process was started with.

    The descriptor of a closed stream is taken by the null device: else the next file that is opened has its number, and
    what is meant for the stream goes into that file. `sys.stdin` and `sys.stdout` stay None where they are closed.
    """
    for number in range(3):
        _reserve(number)
    if sys.stdout is not None:
        sys.stdout = sys.__stdout__ = _rewrapped(ResultStream, sys.stdout, ON_STDOUT)  # type: ignore[misc]
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.__stderr__ = _rewrapped(LogStream, sys.stderr, ON_STDERR)  # type: ignore[misc]


class ResultStream(TextIOWrapper):
    """Standard output; that it cannot be written is an InputError in one line."""

    def write(self, text: str) -> int:
        with explain_stdout_errors():
            return super().write(text)

    def flush(self) -> None:
        with explain_stdout_errors():
            super().flush()


class LogStream(TextIOWrapper):
    """Standard error; that it cannot be written, or that nobody reads it any more, stops nothing."""

    def write(self, text: str) -> int:
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


@contextmanager
def explain_stdout_errors() -> Iterator[None]:
    """Explain why standard output cannot be written, while something is written to it.

    Raises: InputError: it is full or the like. BrokenPipeError: nobody reads it any more.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_stdout()
        raise InputError(
            f"standard output cannot be written ({error.strerror}): write into a file elsewhere."
        ) from error


def discard_stdout() -> None:
    """What is still to be written to standard output goes nowhere; Python would try again when it ends."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def _reserve(number: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        null = os.open(os.devnull, os.O_RDWR)
        if null != number:
            os.dup2(null, number)
            os.close(null)


def _rewrapped(kind: type[TextIOWrapper], stream: Any, handler: str) -> TextIOWrapper:
    """The stream, with its encoding, as another kind of itself."""
    encoding, by_line, at_once = stream.encoding, stream.line_buffering, stream.write_through
    return kind(stream.detach(), encoding, handler, line_buffering=by_line, write_through=at_once)


def _plain(error: UnicodeError) -> tuple[str | bytes, int]:
    """Plain letters instead of what an encoding does not have."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    powers = _POWER.sub(lambda found: f"^{found[0].translate(_DIGITS)}", text)
    return "".join(map(_escaped, powers.translate(_PLAIN))), error.end


def _plain_or_bytes(error: UnicodeError) -> tuple[str | bytes, int]:
    """The same; but of names that are no UTF-8 the very bytes, so that other programs find the file."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lead, byte, _ = re.split(f"([{_BYTES}]|$)", error.object[error.start : error.end], maxsplit=1)
    if lead:
        return _plain(UnicodeEncodeError(error.encoding, error.object, error.start, error.start + len(lead), ""))
    return os.fsencode(byte), error.start + 1


def _escaped(letter: str) -> str:
    return to_readable(letter).encode("ascii", "backslashreplace").decode()


codecs.register_error(ON_STDOUT, _plain_or_bytes)
codecs.register_error(ON_STDERR, _plain)
