"""Progress on stderr: a bar on a terminal, occasional lines elsewhere, nothing when quiet."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from time import monotonic
from typing import Self, cast

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as RichProgress
from rich.table import Column

from brushwork import devices, jobs, recipes
from brushwork.cli.consoles import make_console

SECONDS_PER_MINUTE = 60
SECONDS_PER_HOUR = 3600

SECONDS_BETWEEN_LINES = 30.0
REFRESHES_PER_SECOND = 5.0
TITLE_WIDTH, BAR_WIDTH = 24, 6

SHARE_BETWEEN_LINES = 0.1

DECAY = 0.95
"""Decay of the running mean of a training's losses: single batches vary a lot."""

ROOMY = 72
"""Columns below which the title is left out to make space for the numbers."""


class RemainingTime:
    """Estimates the remaining time of a run from the fraction that is done."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._began: tuple[float, float] | None = None
        self.left: float | None = None
        """Remaining seconds; None before the second step."""

    def update(self, done: float) -> None:
        """Record the fraction that is done, 0 to 1."""
        now = self._clock()
        if self._began is None:
            self._began = now, done
            return
        began, had = self._began
        if done > had:
            self.left = (now - began) / (done - had) * (1 - done)


class RunningMean:
    """Exponential running mean of a loss."""

    def __init__(self) -> None:
        self._sum, self._weight = 0.0, 0.0

    def update(self, loss: float) -> None:
        """Add a loss."""
        self._sum = DECAY * self._sum + (1 - DECAY) * loss
        self._weight = DECAY * self._weight + (1 - DECAY)

    @property
    def value(self) -> float:
        """The mean, in which older values count less."""
        return self._sum / self._weight


def fraction_done(progress: recipes.Progress) -> float:
    """Return the fraction of an optimization that is done, in iterations times pixels.

    Twice the side takes four times as long.
    """
    works = [level.iterations * level.size.area for level in progress.levels]
    here = progress.levels[progress.level]
    # a line search may overshoot the level's budget by a few
    iterations = min(progress.step.index, here.iterations) * here.size.area
    return (sum(works[: progress.level]) + iterations) / sum(works)


def format_minutes(seconds: float) -> str:
    """Format seconds: 75 → 1:15; 3675 → 1:01:15."""
    whole = round(seconds)
    hours, rest = divmod(whole, SECONDS_PER_HOUR)
    minute, second = divmod(rest, SECONDS_PER_MINUTE)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


class SilentDisplay:
    """Context manager that shows the events of a run; this one shows nothing."""

    def __init__(self) -> None:
        self._pace, self._mean, self._iterations = RemainingTime(), RunningMean(), 0

    def log(self, line: str) -> None:
        """Print a line."""

    def show(self, event: jobs.JobEvent) -> None:
        """Show an event."""
        match event:
            case jobs.Started():
                self._iterations = event.iterations
                self.log(describe_start(event))
            case jobs.Note(text):
                self.log(text)
            case jobs.Validated(step, losses, image):
                self.log(f"after {step}: {losses['total']:.4g} on the validation images, {image}")
            case jobs.Advanced(done):
                self.draw(done, lambda: f"{done:.0%}")
            case jobs.StepDone(step, losses):
                self._mean.update(losses["total"])
                self._pace.update(step / self._iterations)
                self.draw(step / self._iterations, lambda: self._numbers(step, self._iterations, self._mean.value))
            case recipes.Progress():
                self._show_step(event)

    def _show_step(self, progress: recipes.Progress) -> None:
        if progress.step.note:
            self.log(progress.step.note)
        done = fraction_done(progress)
        self._pace.update(done)
        losses = progress.step.losses
        self.draw(done, lambda: self._numbers(progress.iterations, progress.budget, losses.total.item()), progress)

    def _numbers(self, step: int, iterations: int, loss: float) -> str:
        left = "" if self._pace.left is None else f", {format_minutes(self._pace.left)} left"
        return f"iteration {step}/{iterations}, loss {loss:.4g}{left}"

    def draw(self, done: float, numbers: Callable[[], str], progress: recipes.Progress | None = None) -> None:
        """Draw the fraction done, the numbers, and the sizes of an optimization."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


class LineDisplay(SilentDisplay):
    """Prints lines: for an optimization at each size and each tenth, and from time to time."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._level, self._done, self._at = -1, 0.0, monotonic()

    def log(self, line: str) -> None:
        """Print a line."""
        print(line, file=sys.stderr, flush=True)  # noqa: T201

    def draw(self, done: float, numbers: Callable[[], str], progress: recipes.Progress | None = None) -> None:
        far = progress is not None and (progress.level != self._level or done - self._done >= SHARE_BETWEEN_LINES)
        if not far and monotonic() - self._at <= SECONDS_BETWEEN_LINES:
            return
        self._level, self._done, self._at = progress.level if progress else -1, done, monotonic()
        size = f"{progress.levels[progress.level].size}, " if progress else ""
        self.log(f"{self._title}: {size}{numbers()}")


class BarDisplay(SilentDisplay):
    """A live bar with a title, the sizes, the iterations, the loss and the remaining time."""

    def __init__(self, title: str, console: Console) -> None:
        super().__init__()
        self._drawn_at = 0.0
        self._bars = RichProgress(
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, max_width=TITLE_WIDTH)),
            TextColumn("{task.fields[sizes]}", markup=True, table_column=Column(no_wrap=True)),
            BarColumn(bar_width=None, table_column=Column(min_width=BAR_WIDTH, ratio=1)),
            TextColumn("{task.fields[numbers]}", markup=False, table_column=Column(no_wrap=True)),
            console=console,
            transient=True,
            refresh_per_second=REFRESHES_PER_SECOND,
            expand=True,
        )
        shown = title if console.width >= ROOMY else ""
        self._task = self._bars.add_task(shown, total=1.0, sizes="", numbers="reading the images")

    def log(self, line: str) -> None:
        """Print a line above the bar."""
        self._bars.console.print(line)

    def draw(self, done: float, numbers: Callable[[], str], progress: recipes.Progress | None = None) -> None:
        if monotonic() - self._drawn_at < 1 / REFRESHES_PER_SECOND:
            return
        self._drawn_at = monotonic()
        sizes = "" if progress is None else format_sizes(progress)
        self._bars.update(self._task, completed=done, sizes=sizes, numbers=numbers())

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()


def make_display(title: str, quiet: bool) -> SilentDisplay:
    """Return the display that fits stderr."""
    if quiet:
        return SilentDisplay()
    terminal = make_console(stderr=True)
    return BarDisplay(title, terminal) if terminal.is_terminal and not terminal.is_dumb_terminal else LineDisplay(title)


def show_events(events: Iterator[jobs.JobEvent], title: str, quiet: bool) -> Generator[jobs.JobEvent]:
    """Yield the events of a run, and show them; at the end close the run, so that it saves the state reached."""
    with closing(cast("Generator[jobs.JobEvent]", events)), make_display(title, quiet) as display:
        for event in events:
            display.show(event)
            yield event


def describe_start(started: jobs.Started) -> str:
    """Return, in words, what begins and where."""
    sizes = f"{' → '.join(str(level.size) for level in started.levels)}, " if started.levels else ""
    work = f"{started.iterations} iterations" if started.iterations else "one forward pass"
    resumed = f", resumed after {started.done}" if started.done else ""
    what = "painting" if started.levels else "training"
    return f"{what} on {devices.describe_device(started.device)}: {sizes}{work}{resumed}"


def format_sizes(progress: recipes.Progress) -> str:
    """Return the sizes as markup: 128 → 256 → 512, the current one bold."""
    sizes = [str(max(level.size)) for level in progress.levels]
    sizes[progress.level] = f"[bold]{sizes[progress.level]}[/bold]"
    return " → ".join(sizes)
