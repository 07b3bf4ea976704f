"""Tables as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from brushwork.cli.output import format_number, require_table, to_csv, to_markdown, write_table
from brushwork.errors import InputError

ROWS = [{"name": "a|b", "size": (60, 40), "ratio": 1 / 3}, {"name": 'c, "d"', "size": (8, 9), "ratio": float("inf")}]


def test_markdown_aligns_numbers_and_escapes_bars() -> None:
    assert to_markdown(ROWS) == (
        '| name | size | ratio |\n| --- | --- | ---: |\n| a\\|b | 60×40 | 0.3333 |\n| c, "d" | 8×9 | inf |\n'
    )


def test_csv_keeps_every_digit_and_quotes() -> None:
    assert to_csv(ROWS) == f'name,size,ratio\na|b,60×40,{1 / 3}\n"c, ""d""",8×9,inf\n'


def test_figures_for_people() -> None:
    assert [format_number(value) for value in (1234.5678, 0.00012345, 3, "x", [1, 2])] == [
        "1235",
        "0.0001234",
        "3",
        "x",
        "1×2",
    ]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "table.md").mkdir()
    with pytest.raises(InputError, match=r"table\.md is a folder"):
        write_table(ROWS, tmp_path / "table.md")
    with pytest.raises(InputError, match=r"must end in \.md, \.csv, \.json"):
        require_table(tmp_path / "table")
