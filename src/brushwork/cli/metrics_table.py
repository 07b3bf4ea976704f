"""Metrics of results as a table in a terminal, or as lines for programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.table import Table

from brushwork import metrics
from brushwork.cli.consoles import make_console
from brushwork.cli.output import Row, format_number, print_result
from brushwork.options.describe import field_docs

_BETTER = {"ssim": "↑", "psnr": "↑"}
"""Metrics for which larger is better; for all others, smaller is."""


def print_metrics(rows: Sequence[Row]) -> None:
    """Print the metrics of results: a table in a terminal, else a line for each, separated by tabs."""
    if not make_console().is_terminal:
        print_result("\t".join(rows[0]))
        for row in rows:
            print_result("\t".join(format_number(value) for value in row.values()))
    else:
        make_console().print(_one(rows[0]) if len(rows) == 1 else _many(rows))


def _one(row: Row) -> Table:
    """Return a table of one result: a metric per row, with its meaning."""
    meanings = field_docs(metrics.Metrics)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=row["result"])
    for title in ("", "", "better", "meaning"):
        table.add_column(title, justify="left" if title == "meaning" else "right", overflow="fold")
    for name, value in _figures(row).items():
        table.add_row(name.replace("_", " "), format_number(value), _better(name), meanings[name])
    return table


def _many(rows: Sequence[Row]) -> Table:
    """Return a table of several results, one per row."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, caption=f"in {rows[0]['network']}; ↓ lower is better")
    table.add_column("result", overflow="fold")
    for name in _figures(rows[0]):
        table.add_column(f"{name.replace('_', ' ')} {_better(name)}", justify="right")
    for row in rows:
        table.add_row(Path(row["result"]).stem, *map(format_number, _figures(row).values()))
    return table


def _figures(row: Row) -> Row:
    return {name: value for name, value in row.items() if isinstance(value, float)}


def _better(name: str) -> str:
    return _BETTER.get(name, "↓")
