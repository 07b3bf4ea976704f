"""Results go to stdout, everything else to stderr."""

from __future__ import annotations

import json
import math
import sys


def tell(line: str) -> None:
    """A line about what is going on."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def result(line: str) -> None:
    """A line that another program may want to read."""
    print(line, flush=True)  # noqa: T201


def print_json(document: object) -> None:
    """One JSON document."""
    result(json_text(document))


def json_text(document: object) -> str:
    """A document as JSON. Numbers that JSON has no word for become null."""
    return json.dumps(_finite(document), indent=2, ensure_ascii=False, default=str)


def _finite(document: object) -> object:
    match document:
        case float() if not math.isfinite(document):
            return None
        case dict():
            return {str(key): _finite(value) for key, value in document.items()}
        case list() | tuple():
            return [_finite(value) for value in document]
    return document
