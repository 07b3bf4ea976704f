"""What displays on stderr have in common: silence, lines, and live bars."""

from __future__ import annotations

import sys
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn
from rich.table import Column

SECONDS_BETWEEN_LINES = 30.0
REFRESHES_PER_SECOND = 5.0
TITLE_WIDTH, BAR_WIDTH = 24, 6


class Silent:
    """Says nothing."""

    def log(self, line: str) -> None:
        """Nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


class LineLog(Silent):
    """Says by lines."""

    def log(self, line: str) -> None:
        """Print a line."""
        print(line, file=sys.stderr, flush=True)  # noqa: T201


class ProgressBar(Silent):
    """A bar that moves while it is entered, after its title."""

    def __init__(self, console: Console, *columns: ProgressColumn) -> None:
        self._bars = Progress(
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, max_width=TITLE_WIDTH)),
            *columns,
            console=console,
            transient=True,
            refresh_per_second=REFRESHES_PER_SECOND,
            expand=True,
        )

    def log(self, line: str) -> None:
        """Print a line above the bar."""
        self._bars.console.print(line)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()


def make_bar_column() -> BarColumn:
    """The bar itself, as wide as the others leave it."""
    return BarColumn(bar_width=None, table_column=Column(min_width=BAR_WIDTH, ratio=1))


def make_text_column(name: str, *, markup: bool = False) -> TextColumn:
    """What a task says under a name."""
    return TextColumn(f"{{task.fields[{name}]}}", markup=markup, table_column=Column(no_wrap=True))
