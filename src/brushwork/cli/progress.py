"""Progress on stderr: a bar on a terminal, occasional lines elsewhere, nothing when quiet."""

from __future__ import annotations

from time import monotonic
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console

from brushwork.cli.consoles import make_console
from brushwork.cli.displays import (
    REFRESHES_PER_SECOND,
    SECONDS_BETWEEN_LINES,
    LineLog,
    ProgressBar,
    Silent,
    make_bar_column,
    make_text_column,
)
from brushwork.cli.pace import RemainingTime, format_minutes
from brushwork.recipes import Progress

SHARE_BETWEEN_LINES = 0.1


class ProgressDisplay(Protocol):
    """Shows how one painting goes, while it is entered."""

    def update(self, progress: Progress) -> None:
        """Take notice of a step."""

    def advance(self, done: float) -> None:
        """Take notice of the share of a picture that is painted in one pass."""

    def log(self, line: str) -> None:
        """Show a line that stays."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def make_display(title: str, quiet: bool) -> ProgressDisplay:
    """What fits stderr."""
    if quiet:
        return SilentDisplay()
    terminal = make_console(stderr=True)
    return BarDisplay(title, terminal) if terminal.is_terminal and not terminal.is_dumb_terminal else LineDisplay(title)


class SilentDisplay(Silent):
    """No display at all."""

    def update(self, progress: Progress) -> None:
        """Nothing."""

    def advance(self, done: float) -> None:
        """Nothing."""


class LineDisplay(LineLog, SilentDisplay):
    """A line at each new size, and now and then."""

    def __init__(self, title: str) -> None:
        self._title, self._pace = title, RemainingTime()
        self._told_level, self._told_done, self._told_at = -1, 0.0, 0.0

    def update(self, progress: Progress) -> None:
        """Tell of the step, when it is time."""
        self._pace.update(progress)
        late = monotonic() - self._told_at > SECONDS_BETWEEN_LINES
        far = self._pace.done - self._told_done >= SHARE_BETWEEN_LINES
        if progress.step.note:
            self.log(f"{self._title}: {progress.step.note}")
        if late or far or progress.level != self._told_level:
            self._told_level, self._told_done, self._told_at = progress.level, self._pace.done, monotonic()
            self.log(f"{self._title}: {progress.levels[progress.level].size}, {_numbers(progress, self._pace)}")

    def advance(self, done: float) -> None:
        """Tell of it, when it is time."""
        if monotonic() - self._told_at > SECONDS_BETWEEN_LINES:
            if self._told_at:
                self.log(f"{self._title}: {done:.0%}")
            self._told_at = monotonic()


class BarDisplay(ProgressBar):
    """A live bar with the sizes, the iterations, the loss and the time that is left."""

    def __init__(self, title: str, console: Console) -> None:
        self._pace, self._shown_at = RemainingTime(), 0.0
        shown = title if console.width >= ROOMY else ""
        super().__init__(
            console, make_text_column("sizes", markup=True), make_bar_column(), make_text_column("numbers")
        )
        self._task = self._bars.add_task(shown, total=1.0, sizes="", numbers="looking at the pictures")

    def update(self, progress: Progress) -> None:
        """Move the bar, as often as an eye can see."""
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


ROOMY = 72
"""Columns; on narrower terminals the numbers need the room of the title."""


def format_sizes(progress: Progress) -> str:
    """128 → 256 → 512, the current one bold; in markup."""
    told = [str(max(level.size)) for level in progress.levels]
    told[progress.level] = f"[bold]{told[progress.level]}[/bold]"
    return " → ".join(told)


def _numbers(progress: Progress, pace: RemainingTime) -> str:
    loss = progress.step.losses.total.item()
    left = "" if pace.left is None else f", {format_minutes(pace.left)} left"
    return f"iteration {progress.iterations}/{progress.budget}, loss {loss:.4g}{left}"
