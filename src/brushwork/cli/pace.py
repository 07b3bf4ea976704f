"""How much of a painting is done, and how long the rest takes."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from brushwork.recipes import Progress


class RemainingTime:
    """Measures work as iterations times pixels: a iteration at twice the side takes four times as long."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._began: tuple[float, float] | None = None
        self.done = 0.0
        """Share of the whole work, 0 to 1."""
        self.left: float | None = None
        """Seconds; None until two steps were seen."""

    def update(self, progress: Progress) -> None:
        """Take notice of a step."""
        self.done, now = fraction_done(progress), self._clock()
        if self._began is None:
            self._began = now, self.done
            return
        began, had = self._began
        if self.done > had:
            self.left = (now - began) / (self.done - had) * (1 - self.done)


def fraction_done(progress: Progress) -> float:
    """The share of a painting's iterations times pixels that is spent."""
    works = [level.iterations * level.size.area for level in progress.levels]
    here = progress.levels[progress.level]
    # a line search may overshoot the level's closures by a few
    iterations = min(progress.step.index, here.iterations) * here.size.area
    return (sum(works[: progress.level]) + iterations) / sum(works)


def format_minutes(seconds: float) -> str:
    """75 → 1:15; 3675 → 1:01:15."""
    whole = round(seconds)
    hours, rest = divmod(whole, SECONDS_PER_HOUR)
    minute, second = divmod(rest, SECONDS_PER_MINUTE)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


SECONDS_PER_MINUTE = 60
SECONDS_PER_HOUR = 3600
