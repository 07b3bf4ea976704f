"""Events that a film yields while it is painted."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, TypeAlias

from brushwork.images.geometry import Size
from brushwork.jobs.events import Note
from brushwork.types import Image


class AnalysisProgress(NamedTuple):
    """The film is read for its cuts, and for its key frames."""

    frames: int
    """Frames seen so far."""
    total: int
    """Frames that the file says it has; 0: it does not say."""


class FilmStarted(NamedTuple):
    """The film is analyzed, and everything is checked."""

    frames: int
    done: int
    """Frames that were painted before a resume."""
    shots: int
    size: Size
    device: str


class ShotStarted(NamedTuple):
    """A shot begins."""

    number: int
    """From 1."""
    first: int
    end: int


class FrameDone(NamedTuple):
    """A frame is painted and kept."""

    frame: int
    """From 0."""
    image: Image
    """As it is kept: rounded to the bits of the film."""
    seconds: float
    reliable: float
    """Share of the pixels whose flow from the previous frame is reliable; 0 for the first frame of a shot."""


class PassFrame(NamedTuple):
    """A frame is painted in one of several passes over its shot, and kept until the last one."""

    number: int
    """Of the pass, from 1."""
    total: int
    frame: int
    seconds: float


class SegmentDone(NamedTuple):
    """Some frames are encoded, and their files removed."""

    path: Path
    frames: int


class ShotDone(NamedTuple):
    """A shot is painted by another process."""

    number: int
    """From 1."""
    painted: int
    """Frames that were painted now, and not in a run before."""
    frames: int
    seconds: float


class FilmFinished(NamedTuple):
    """The film is written, and the working folder removed."""

    path: Path
    frames: int
    seconds: float
    """Time of this run."""
    notes: tuple[str, ...]


class MethodStarted(NamedTuple):
    """A method is tried for a preview."""

    title: str
    number: int
    """From 1."""
    total: int
    frames: int
    """Frames of the preview."""


class MethodPlan(NamedTuple):
    """What a method would take for the whole film."""

    title: str
    seconds_a_frame: float
    seconds: float


class PreviewFinished(NamedTuple):
    """The preview is written."""

    path: Path
    frames: int
    methods: tuple[MethodPlan, ...]


FilmEvent: TypeAlias = (
    AnalysisProgress
    | FilmStarted
    | ShotStarted
    | FrameDone
    | PassFrame
    | SegmentDone
    | ShotDone
    | FilmFinished
    | MethodStarted
    | PreviewFinished
    | Note
)
