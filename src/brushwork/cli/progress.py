"""Progress on stderr: a bar on a terminal, occasional lines elsewhere, nothing when quiet."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, TextColumn
from rich.progress import Progress as progress_Progress
from rich.table import Column

from brushwork.cli.consoles import make_console
from brushwork.recipes import Progress

SECONDS_PER_MINUTE = 60
SECONDS_PER_HOUR = 3600

SECONDS_BETWEEN_LINES = 30.0
REFRESHES_PER_SECOND = 5.0
TITLE_WIDTH, BAR_WIDTH = 24, 6

SHARE_BETWEEN_LINES = 0.1

ROOMY = 72
"""Columns below which the title is left out to make space for the numbers."""


class RemainingTime:
    """Estimates the remaining time, with work as iterations times pixels: twice the side takes four times as long."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._began: tuple[float, float] | None = None
        self.done = 0.0
        """Fraction of all work, 0 to 1."""
        self.left: float | None = None
        """Remaining seconds; None before the second step."""

    def update(self, progress: Progress) -> None:
        """Show a step."""
        self.done, now = fraction_done(progress), self._clock()
        if self._began is None:
            self._began = now, self.done
            return
        began, had = self._began
        if self.done > had:
            self.left = (now - began) / (self.done - had) * (1 - self.done)


def fraction_done(progress: Progress) -> float:
    """Return the fraction of a run's iterations times pixels that is done."""
    works = [level.iterations * level.size.area for level in progress.levels]
    here = progress.levels[progress.level]
    # a line search may overshoot the level's closures by a few
    iterations = min(progress.step.index, here.iterations) * here.size.area
    return (sum(works[: progress.level]) + iterations) / sum(works)


def format_minutes(seconds: float) -> str:
    """Format seconds: 75 → 1:15; 3675 → 1:01:15."""
    whole = round(seconds)
    hours, rest = divmod(whole, SECONDS_PER_HOUR)
    minute, second = divmod(rest, SECONDS_PER_MINUTE)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


class Silent:
    """Shows nothing."""

    def log(self, line: str) -> None:
        """Do nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


class LineLog(Silent):
    """Prints lines."""

    def log(self, line: str) -> None:
        """Print a line."""
        print(line, file=sys.stderr, flush=True)  # noqa: T201


class ProgressBar(Silent):
    """Context manager with a live bar after a title."""

    def __init__(self, console: Console, *columns: ProgressColumn) -> None:
        self._bars = progress_Progress(
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
    """Return the column of the bar, which fills the remaining width."""
    return BarColumn(bar_width=None, table_column=Column(min_width=BAR_WIDTH, ratio=1))


def make_text_column(name: str, *, markup: bool = False) -> TextColumn:
    """Return a column with a field of the task."""
    return TextColumn(f"{{task.fields[{name}]}}", markup=markup, table_column=Column(no_wrap=True))


class ProgressDisplay(Protocol):
    """Context manager that shows the progress of a run."""

    def update(self, progress: Progress) -> None:
        """Show a step."""

    def advance(self, done: float) -> None:
        """Show the fraction done of a feed-forward job."""

    def log(self, line: str) -> None:
        """Print a line."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def make_display(title: str, quiet: bool) -> ProgressDisplay:
    """Return the display that fits stderr."""
    if quiet:
        return SilentDisplay()
    terminal = make_console(stderr=True)
    return BarDisplay(title, terminal) if terminal.is_terminal and not terminal.is_dumb_terminal else LineDisplay(title)


class SilentDisplay(Silent):
    """No display at all."""

    def update(self, progress: Progress) -> None:
        """Do nothing."""

    def advance(self, done: float) -> None:
        """Do nothing."""


class LineDisplay(LineLog, SilentDisplay):
    """Prints a line at each new level, and from time to time."""

    def __init__(self, title: str) -> None:
        self._title, self._pace = title, RemainingTime()
        self._told_level, self._told_done, self._told_at = -1, 0.0, 0.0

    def update(self, progress: Progress) -> None:
        """Print the step, when a line is due."""
        self._pace.update(progress)
        late = monotonic() - self._told_at > SECONDS_BETWEEN_LINES
        far = self._pace.done - self._told_done >= SHARE_BETWEEN_LINES
        if progress.step.note:
            self.log(f"{self._title}: {progress.step.note}")
        if late or far or progress.level != self._told_level:
            self._told_level, self._told_done, self._told_at = progress.level, self._pace.done, monotonic()
            self.log(f"{self._title}: {progress.levels[progress.level].size}, {_numbers(progress, self._pace)}")

    def advance(self, done: float) -> None:
        """Print the fraction, when a line is due."""
        if monotonic() - self._told_at > SECONDS_BETWEEN_LINES:
            if self._told_at:
                self.log(f"{self._title}: {done:.0%}")
            self._told_at = monotonic()


class BarDisplay(ProgressBar):
    """A live bar with the sizes, the iterations, the loss and the remaining time."""

    def __init__(self, title: str, console: Console) -> None:
        self._pace, self._shown_at = RemainingTime(), 0.0
        shown = title if console.width >= ROOMY else ""
        super().__init__(
            console, make_text_column("sizes", markup=True), make_bar_column(), make_text_column("numbers")
        )
        self._task = self._bars.add_task(shown, total=1.0, sizes="", numbers="looking at the pictures")

    def update(self, progress: Progress) -> None:
        """Move the bar, at a limited rate."""
        self._pace.update(progress)
        if progress.step.note:
            self.log(progress.step.note)
        if monotonic() - self._shown_at >= 1 / REFRESHES_PER_SECOND:
            self._shown_at = monotonic()
            numbers = _numbers(progress, self._pace)
            self._bars.update(self._task, completed=self._pace.done, sizes=format_sizes(progress), numbers=numbers)

    def advance(self, done: float) -> None:
        """Move the bar."""
        self._bars.update(self._task, completed=done, numbers=f"{done:.0%}")


def format_sizes(progress: Progress) -> str:
    """Return the sizes as markup: 128 → 256 → 512, the current one bold."""
    told = [str(max(level.size)) for level in progress.levels]
    told[progress.level] = f"[bold]{told[progress.level]}[/bold]"
    return " → ".join(told)


def _numbers(progress: Progress, pace: RemainingTime) -> str:
    loss = progress.step.losses.total.item()
    left = "" if pace.left is None else f", {format_minutes(pace.left)} left"
    return f"iteration {progress.iterations}/{progress.budget}, loss {loss:.4g}{left}"
