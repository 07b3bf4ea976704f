"""Progress on stderr: a bar on a terminal, occasional lines elsewhere, nothing when quiet."""

from __future__ import annotations

from time import monotonic
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console

from brushwork.cli.consoles import console
from brushwork.cli.displays import REFRESHES_PER_SECOND, SECONDS_BETWEEN_LINES, Live, Mute, Printing, bar, field
from brushwork.cli.pace import Pace, minutes
from brushwork.recipes import Progress

SHARE_BETWEEN_LINES = 0.1


class Display(Protocol):
    """Shows how one painting goes, while it is entered."""

    def see(self, progress: Progress) -> None:
        """Take notice of a step."""

    def reach(self, done: float) -> None:
        """Take notice of the share of a picture that is painted in one pass."""

    def say(self, line: str) -> None:
        """Show a line that stays."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def display(title: str, quiet: bool) -> Display:
    """What fits stderr."""
    if quiet:
        return Nothing()
    terminal = console(stderr=True)
    return Bar(title, terminal) if terminal.is_terminal and not terminal.is_dumb_terminal else Lines(title)


class Nothing(Mute):
    """No display at all."""

    def see(self, progress: Progress) -> None:
        """Nothing."""

    def reach(self, done: float) -> None:
        """Nothing."""


class Lines(Printing, Nothing):
    """A line at each new size, and now and then."""

    def __init__(self, title: str) -> None:
        self._title, self._pace = title, Pace()
        self._told_level, self._told_done, self._told_at = -1, 0.0, 0.0

    def see(self, progress: Progress) -> None:
        """Tell of the step, when it is time."""
        self._pace.see(progress)
        late = monotonic() - self._told_at > SECONDS_BETWEEN_LINES
        far = self._pace.done - self._told_done >= SHARE_BETWEEN_LINES
        if progress.step.note:
            self.say(f"{self._title}: {progress.step.note}")
        if late or far or progress.level != self._told_level:
            self._told_level, self._told_done, self._told_at = progress.level, self._pace.done, monotonic()
            self.say(f"{self._title}: {progress.levels[progress.level].size}, {_numbers(progress, self._pace)}")

    def reach(self, done: float) -> None:
        """Tell of it, when it is time."""
        if monotonic() - self._told_at > SECONDS_BETWEEN_LINES:
            if self._told_at:
                self.say(f"{self._title}: {done:.0%}")
            self._told_at = monotonic()


class Bar(Live):
    """A live bar with the sizes, the closures, the loss and the time that is left."""

    def __init__(self, title: str, console: Console) -> None:
        self._pace, self._shown_at = Pace(), 0.0
        shown = title if console.width >= ROOMY else ""
        super().__init__(console, field("sizes", markup=True), bar(), field("numbers"))
        self._task = self._bars.add_task(shown, total=1.0, sizes="", numbers="looking at the pictures")

    def see(self, progress: Progress) -> None:
        """Move the bar, as often as an eye can see."""
        self._pace.see(progress)
        if progress.step.note:
            self.say(progress.step.note)
        if monotonic() - self._shown_at >= 1 / REFRESHES_PER_SECOND:
            self._shown_at = monotonic()
            numbers = _numbers(progress, self._pace)
            self._bars.update(self._task, completed=self._pace.done, sizes=sizes(progress), numbers=numbers)

    def reach(self, done: float) -> None:
        """Move the bar."""
        self._bars.update(self._task, completed=done, numbers=f"{done:.0%}")


ROOMY = 72
"""Columns; on narrower terminals the numbers need the room of the title."""


def sizes(progress: Progress) -> str:
    """128 → 256 → 512, the current one bold; in markup."""
    told = [str(max(level.size)) for level in progress.levels]
    told[progress.level] = f"[bold]{told[progress.level]}[/bold]"
    return " → ".join(told)


def _numbers(progress: Progress, pace: Pace) -> str:
    loss = progress.step.losses.total.item()
    left = "" if pace.left is None else f", {minutes(pace.left)} left"
    return f"closure {progress.spent}/{progress.budget}, loss {loss:.4g}{left}"
