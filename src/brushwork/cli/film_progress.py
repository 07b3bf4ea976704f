"""Progress of a film on stderr: frames, shots, seconds per frame, time left."""

from __future__ import annotations

from collections import deque
from statistics import median

from brushwork import jobs, video
from brushwork.cli.progress import SilentDisplay, format_minutes

_RECENT = 20
"""Number of frames whose median time is the pace."""


class FilmProgress:
    """The part of a film that is done, and the time that the rest takes."""

    def __init__(self, display: SilentDisplay) -> None:
        self._display = display
        self._frames = self._shots = self._shot = 0
        self._begins: int | None = None
        self._method, self._passed = "", 0
        self.painted, self.done = 0, 0
        self._first: deque[float] = deque(maxlen=_RECENT)
        self._later: deque[float] = deque(maxlen=_RECENT)

    def show(self, event: video.FilmEvent) -> None:
        """Show an event; notes are logged."""
        match event:
            case jobs.Note():
                self._display.log(event.text)
            case video.AnalysisProgress(frames, total):
                self._display.draw(frames / total if total else 0.0, lambda: f"analyzing the film: frame {frames}")
            case video.FilmStarted():
                self._frames, self.done, self._shots = event.frames, event.done, event.shots
                begun = f", {event.done} of them done" if event.done else ""
                shots = f"{event.shots} shot{'s' if event.shots > 1 else ''}"
                self._display.log(f"painting {event.frames} frames of {event.size} in {shots} on {event.device}{begun}")
            case video.MethodStarted():
                self._frames, self.done = event.frames, 0
                self._method = f"method {event.number}/{event.total}, {event.title}, "
                self._shots, self._shot, self._begins = 0, 0, 0
                self._first.clear()
                self._later.clear()
            case video.ShotStarted():
                self._shot, self._begins, self._passed = event.number, event.first, 0
            case video.PassFrame():
                self._pass_done(event)
            case video.ShotDone():
                self._shot_done(event)
            case video.FrameDone():
                self.done, self.painted = self.done + 1, self.painted + 1
                (self._first if event.frame == self._begins else self._later).append(event.seconds)
                self._display.draw(self.done / self._frames, self._numbers)

    def _pass_done(self, event: video.PassFrame) -> None:
        """Show a frame of a pass: the time left is that of all passes over the frames that are not done."""
        self._passed += 1
        self._later.append(event.seconds)
        left = median(self._later) * max(0, (self._frames - self.done) * event.total - self._passed)
        shot = f"shot {self._shot}/{self._shots}, pass {event.number}/{event.total}, frame {event.frame + 1}"
        self._display.draw(self.done / self._frames, lambda: f"{shot}, {format_minutes(left)} left")

    def _shot_done(self, event: video.ShotDone) -> None:
        """Show a shot that another process painted; the time that the others take is not known."""
        self.done, self.painted, self._passed = self.done + event.painted, self.painted + event.painted, 0
        self._shot += 1
        self._display.draw(
            self.done / self._frames, lambda: f"frame {self.done}/{self._frames}, {self._shot}/{self._shots} shots"
        )

    def _numbers(self) -> str:
        pace = f"{median(self._later or self._first):.2f} s a frame, {format_minutes(self.seconds_left)} left"
        shot = f"shot {self._shot}/{self._shots}, " if self._shots else ""
        return f"{self._method}frame {self.done}/{self._frames}, {shot}{pace}"

    @property
    def seconds_left(self) -> float:
        """Seconds left: for the first frames of shots, which may take much longer, and for the others."""
        firsts = self._shots - self._shot
        first, later = (median(own or other) for own, other in _either_first(self._first, self._later))
        return first * firsts + later * (self._frames - self.done - firsts)


def _either_first(one: deque[float], other: deque[float]) -> tuple[tuple[deque[float], deque[float]], ...]:
    return (one, other), (other, one)
