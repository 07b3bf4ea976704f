"""Rows of figures as text: markdown, CSV or JSON, as the ending of a file says."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from brushwork.cli.output import to_json_text
from brushwork.errors import InputError
from brushwork.names import to_readable
from brushwork.picture.destination import atomic_write

Row: TypeAlias = Mapping[str, Any]
"""Column → value; the same columns in every row."""


def require_table(path: Path) -> None:
    """Refuse a file that no table could be written to.

    Raises: InputError: another ending, or no such folder.
    """
    if path.suffix.lower() not in _FORMATS:
        raise InputError(f"the table is to be {path}: it must end in {', '.join(_FORMATS)}.")
    if not path.parent.is_dir():
        raise InputError(f"the folder {path.parent} does not exist: make it first.")


def write_table(rows: Sequence[Row], path: Path) -> None:
    """Write rows into a file, in the format of its ending; what was there is replaced.

    Raises: InputError: it cannot be written.
    """
    text = _FORMATS[path.suffix.lower()](rows)
    with atomic_write(path, overwrite=True) as temporary:
        temporary.write_text(to_readable(text), encoding="utf-8")


def format_number(value: object) -> str:
    """A figure for people: four digits."""
    if isinstance(value, list | tuple):
        return "×".join(map(str, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def to_markdown(rows: Sequence[Row]) -> str:
    """A table as GitHub has it; numbers stand to the right."""
    columns = list(rows[0])
    rule = ["---:" if isinstance(value, float) else "---" for value in rows[0].values()]
    lines = [columns, rule, *([format_number(value).replace("|", "\\|") for value in row.values()] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def to_csv(rows: Sequence[Row]) -> str:
    """A table as spreadsheets read it, with all digits."""
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
