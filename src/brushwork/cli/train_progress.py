"""How a training goes, on stderr: a bar on a terminal, occasional lines elsewhere, nothing when quiet."""

from __future__ import annotations

from time import monotonic
from typing import Protocol, Self

from rich.console import Console
from rich.progress import TimeRemainingColumn

from brushwork.cli.consoles import make_console
from brushwork.cli.displays import (
    SECONDS_BETWEEN_LINES,
    LineLog,
    ProgressBar,
    Silent,
    make_bar_column,
    make_text_column,
)
from brushwork.cli.pace import format_minutes

_KEPT = 0.95
"""Share of the former mean in the running mean of losses: single batches differ much."""


class TrainingProgress(Protocol):
    """Shows how one training goes, while it is entered."""

    def start(self, iterations: int, done: int) -> None:
        """How long it is, and where it begins."""

    def update(self, step: int, loss: float) -> None:
        """Take notice of an iteration."""

    def log(self, line: str) -> None:
        """Show a line that stays."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def make_training_progress(title: str, quiet: bool) -> TrainingProgress:
    """What fits stderr."""
    if quiet:
        return SilentTrainingProgress()
    terminal = make_console(stderr=True)
    return (
        BarTrainingProgress(title, terminal)
        if terminal.is_terminal and not terminal.is_dumb_terminal
        else LineTrainingProgress(title)
    )


class SilentTrainingProgress(Silent):
    """No display at all."""

    def start(self, iterations: int, done: int) -> None:
        """Nothing."""

    def update(self, step: int, loss: float) -> None:
        """Nothing."""


class LineTrainingProgress(LineLog, SilentTrainingProgress):
    """A line now and then."""

    def __init__(self, title: str) -> None:
        self._title, self._mean = title, RunningMean()
        self._iterations, self._done = 0, 0
        self._began = self._told = monotonic()

    def start(self, iterations: int, done: int) -> None:
        self._iterations, self._done, self._began = iterations, done, monotonic()

    def update(self, step: int, loss: float) -> None:
        self._mean.update(loss)
        now = monotonic()
        if now - self._told < SECONDS_BETWEEN_LINES:
            return
        self._told = now
        left = (now - self._began) / (step - self._done) * (self._iterations - step)
        self.log(f"{self._title}: {step}/{self._iterations}, loss {self._mean.value:.4g}, {format_minutes(left)} left")


class BarTrainingProgress(ProgressBar):
    """A live bar with iterations, the loss and the time that is left."""

    def __init__(self, title: str, console: Console) -> None:
        self._mean = RunningMean()
        super().__init__(console, make_bar_column(), make_text_column("numbers"), TimeRemainingColumn(compact=True))
        self._task = self._bars.add_task(title, total=None, numbers="looking at the pictures")

    def start(self, iterations: int, done: int) -> None:
        self._bars.update(self._task, total=iterations, completed=done)

    def update(self, step: int, loss: float) -> None:
        self._mean.update(loss)
        self._bars.update(self._task, completed=step, numbers=f"iteration {step}, loss {self._mean.value:.4g}")


class RunningMean:
    """The running mean of a loss."""

    def __init__(self) -> None:
        self._sum, self._weight = 0.0, 0.0

    def update(self, loss: float) -> None:
        """Take notice of a loss."""
        self._sum = _KEPT * self._sum + (1 - _KEPT) * loss
        self._weight = _KEPT * self._weight + (1 - _KEPT)

    @property
    def value(self) -> float:
        """The mean; those long ago count less and less."""
        return self._sum / self._weight
