"""The standard streams of a process: closed or full ones, and encodings that lack characters."""

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
"""ASCII replacements of the special characters in brushwork's own lines."""

_POWER = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")

_BYTES = "\udc80-\udcff"
"""Surrogates for the bytes from 0x80 on in a name that is not UTF-8 (PEP 383)."""


def configure_streams() -> None:
    """Make the three standard streams safe to use, however this process was started.

    The null device takes the descriptor of a closed stream; otherwise the next file opened would get it, and output for
    the stream would go into that file. `sys.stdin` and `sys.stdout` stay None if they are closed.
    """
    for number in range(3):
        _reserve(number)
    if sys.stdout is not None:
        sys.stdout = sys.__stdout__ = _rewrap(ResultStream, sys.stdout, ON_STDOUT)  # type: ignore[misc]
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.__stderr__ = _rewrap(LogStream, sys.stderr, ON_STDERR)  # type: ignore[misc]


class ResultStream(TextIOWrapper):
    """Standard output; raises a one-line InputError if it cannot be written."""

    def write(self, text: str) -> int:
        with explain_stdout_errors():
            return super().write(text)

    def flush(self) -> None:
        with explain_stdout_errors():
            super().flush()


class LogStream(TextIOWrapper):
    """Standard error; write failures and a reader that is gone are ignored."""

    def write(self, text: str) -> int:
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


@contextmanager
def explain_stdout_errors() -> Iterator[None]:
    """Context manager that explains errors while standard output is written.

    Raises: InputError: it cannot be written. BrokenPipeError: its reader is gone.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_stdout()
        raise InputError(
            f"standard output cannot be written ({error.strerror}): write to a file somewhere else."
        ) from error


def discard_stdout() -> None:
    """Discard buffered standard output; Python would try to write it again at exit."""
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


def _rewrap(kind: type[TextIOWrapper], stream: Any, handler: str) -> TextIOWrapper:
    """Return the stream, with its encoding, as an instance of another class."""
    encoding, by_line, at_once = stream.encoding, stream.line_buffering, stream.write_through
    return kind(stream.detach(), encoding, handler, line_buffering=by_line, write_through=at_once)


def _plain(error: UnicodeError) -> tuple[str | bytes, int]:
    """Return plain characters for those that an encoding lacks, and the position after them."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    powers = _POWER.sub(lambda found: f"^{found[0].translate(_DIGITS)}", text)
    return "".join(map(_escape, powers.translate(_PLAIN))), error.end


def _plain_or_bytes(error: UnicodeError) -> tuple[str | bytes, int]:
    """Return the bytes of a name that is not UTF-8, so that other programs find the file; else like `_plain`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lead, byte, _ = re.split(f"([{_BYTES}]|$)", error.object[error.start : error.end], maxsplit=1)
    if lead:
        return _plain(UnicodeEncodeError(error.encoding, error.object, error.start, error.start + len(lead), ""))
    return os.fsencode(byte), error.start + 1


def _escape(letter: str) -> str:
    return to_readable(letter).encode("ascii", "backslashreplace").decode()


codecs.register_error(ON_STDOUT, _plain_or_bytes)
codecs.register_error(ON_STDERR, _plain)
