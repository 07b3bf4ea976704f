"""The interface of the painters: each paints one frame, given the earlier ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeAlias

from brushwork.types import Image, State
from brushwork.video.analysis import Shot
from brushwork.video.frame_store import StoredFrame

ReadFrame: TypeAlias = Callable[[int], Image]
"""Returns a frame of the clip, given its index in the film."""


class Painted(NamedTuple):
    """A painted frame, and what the next frame needs from it."""

    image: Image
    state: State
    reliable: float = 0.0
    """Share of the flow from the previous frame that is reliable."""


class FramePainter(Protocol):
    """Paints the frames of a film one after another."""

    @property
    def history(self) -> int:
        """Number of earlier frames of the shot that a frame depends on."""

    def begin_shot(self, shot: Shot) -> None:
        """Prepare a shot; also called when painting resumes within it."""

    def paint(self, index: int, stored: Callable[[int], StoredFrame]) -> Painted:
        """Return a frame of the current shot; `stored` returns frames painted before."""
