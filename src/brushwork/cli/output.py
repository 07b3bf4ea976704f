"""Results go to stdout, everything else to stderr."""

from __future__ import annotations

import json
import math
import shutil
import sys
from pathlib import Path

from brushwork.cli.streams import explain_stdout_errors


def log(line: str) -> None:
    """A line about what is going on."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def print_result(line: str) -> None:
    """A line that another program may want to read."""
    print(line, flush=True)  # noqa: T201


def print_json(document: object) -> None:
    """One JSON document."""
    print_result(to_json_text(document, getattr(sys.stdout, "encoding", None) or "utf-8"))


def to_json_text(document: object, encoding: str = "utf-8") -> str:
    """A document as JSON, in ASCII where it has letters that the encoding lacks. Numbers without a word become null."""
    finite = _finite(document)
    text = json.dumps(finite, indent=2, ensure_ascii=False, default=str)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:  # also of names that are no UTF-8: as \udce9 they stay what they are
        return json.dumps(finite, indent=2, default=str)
    return text


def write_file_to_stdout(file: Path) -> None:
    """A file's bytes to standard output.

    Raises: InputError: they cannot be written.
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
