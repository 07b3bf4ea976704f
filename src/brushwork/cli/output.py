"""Results on stdout and messages on stderr: units, tables, JSON, exit codes."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from brushwork.cli.dashes import restore_dashes
from brushwork.cli.streams import explain_stdout_errors
from brushwork.errors import BrushworkError, InputError, StopSignalError
from brushwork.storage.atomic import atomic_write
from brushwork.storage.file_names import to_readable

FAILURE = 1
USAGE = 2
_SIGNALED = 128
"""Shells add this to the number of the signal that ended a command."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
"""Control characters."""

Row: TypeAlias = Mapping[str, Any]
"""Column → value; the same columns in every row."""


def log(line: str) -> None:
    """Print a line about the run to standard error."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def print_result(line: str) -> None:
    """Print a line of the result to standard output."""
    print(line, flush=True)  # noqa: T201


def print_json(document: object) -> None:
    """Print one JSON document to standard output."""
    print_result(to_json_text(document, getattr(sys.stdout, "encoding", None) or "utf-8"))


def to_json_text(document: object, encoding: str = "utf-8") -> str:
    """Return a document as JSON, in ASCII if the encoding lacks a letter. NaN and infinity become null."""
    finite = _finite(document)
    text = json.dumps(finite, indent=2, ensure_ascii=False, default=str)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:  # also for names that are not UTF-8: escaped as \udce9 they are preserved
        return json.dumps(finite, indent=2, default=str)
    return text


def write_file_to_stdout(file: Path) -> None:
    """Copy a file to standard output.

    Raises: InputError: it cannot be written.
    """
    with file.open("rb") as content, explain_stdout_errors():
        sys.stdout.buffer.flush()
        shutil.copyfileobj(content, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _finite(document: object) -> object:
    match document:
        case float() if not math.isfinite(document):
            return None
        case dict():
            return {str(key): _finite(value) for key, value in document.items()}
        case list() | tuple():
            return [_finite(value) for value in document]
    return document


class InterruptedRunError(Exception):
    """A signal stopped the command. `is_resumable`: the run can be resumed.

    The notes of the cause are included.
    """

    def __init__(self, message: str, cause: KeyboardInterrupt, *, kept: bool) -> None:
        super().__init__(" ".join([message, *getattr(cause, "__notes__", ())]))
        self.code, self.is_resumable = interrupt_exit_code(cause), kept


def interrupt_exit_code(interruption: KeyboardInterrupt) -> int:
    """Return the exit code of an interruption: 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP."""
    return _SIGNALED + (interruption.number if isinstance(interruption, StopSignalError) else signal.SIGINT)


def exit_code_for(error: BrushworkError) -> int:
    """Return the exit code of an error: 2 for invalid input, 1 for everything else."""
    return USAGE if isinstance(error, InputError) else FAILURE


def format_error(error: BaseException) -> str:
    """Return an error's message with its notes."""
    return " ".join([str(error), *getattr(error, "__notes__", ())])


def print_failure(message: str) -> None:
    """Print the error line, with control characters in names escaped."""
    line = _CONTROL.sub(lambda sign: f"\\x{ord(sign[0]):02x}", " ".join(restore_dashes(message).splitlines()))
    print(f"brushwork: error: {line}", file=sys.stderr, flush=True)  # noqa: T201


def require_table(path: Path) -> None:
    """Check that a table can be written to a file.

    Raises: InputError: another extension, or no such folder.
    """
    if path.suffix.lower() not in _FORMATS:
        raise InputError(f"the table is {path}: it must end in {', '.join(_FORMATS)}.")
    if not path.parent.is_dir():
        raise InputError(f"the folder {path.parent} does not exist: create it first.")


def write_table(rows: Sequence[Row], path: Path) -> None:
    """Write rows to a file in the format of its extension, replacing the file.

    Raises: InputError: it cannot be written.
    """
    text = _FORMATS[path.suffix.lower()](rows)
    with atomic_write(path, overwrite=True) as temporary:
        temporary.write_text(to_readable(text), encoding="utf-8")


def format_number(value: object) -> str:
    """Format a number with four digits."""
    if isinstance(value, list | tuple):
        return "×".join(map(str, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def to_markdown(rows: Sequence[Row]) -> str:
    """Return rows as a GitHub Markdown table; numbers are right-aligned."""
    columns = list(rows[0])
    rule = ["---:" if isinstance(value, float) else "---" for value in rows[0].values()]
    lines = [columns, rule, *([format_number(value).replace("|", "\\|") for value in row.values()] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def to_csv(rows: Sequence[Row]) -> str:
    """Return rows as CSV, with all digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows(
        [format_number(value) if isinstance(value, list | tuple) else value for value in row.values()] for row in rows
    )
    return text.getvalue()


def _json(rows: Sequence[Row]) -> str:
    return f"{to_json_text(list(rows))}\n"


_FORMATS = {".md": to_markdown, ".csv": to_csv, ".json": _json}
