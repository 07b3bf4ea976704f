"""Progress of a film on stderr: frames, shots, seconds a frame, time left."""

from __future__ import annotations

from collections import deque
from statistics import median

from brushwork import video
from brushwork.cli.progress import SilentDisplay, format_minutes

_RECENT = 20
"""Frames whose median is the pace."""


class FilmProgress:
    """What is done of a film, and how long the rest takes."""

    def __init__(self, display: SilentDisplay) -> None:
        self._display = display
        self._frames = self._shots = self._shot = 0
        self.painted, self.done = 0, 0
        self._recent: deque[float] = deque(maxlen=_RECENT)

    def show(self, event: video.FilmEvent) -> None:
        """Show an event."""
        match event:
            case video.AnalysisProgress(frames, of):
                self._display.draw(frames / of if of else 0.0, lambda: f"looking for cuts: frame {frames}")
            case video.FilmStarted():
                self._frames, self.done, self._shots = event.frames, event.done, event.shots
                begun = f", {event.done} of them done" if event.done else ""
                shots = f"{event.shots} shot{'s' if event.shots > 1 else ''}"
                self._display.log(f"painting {event.frames} frames of {event.size} in {shots} on {event.device}{begun}")
            case video.ShotStarted():
                self._shot = event.number
            case video.FrameDone():
                self.done, self.painted = self.done + 1, self.painted + 1
                self._recent.append(event.seconds)
                self._display.draw(self.done / self._frames, self._numbers)

    def _numbers(self) -> str:
        each = median(self._recent)
        left = format_minutes(each * (self._frames - self.done))
        return f"frame {self.done}/{self._frames}, shot {self._shot}/{self._shots}, {each:.2f} s a frame, {left} left"
