"""Events yielded while a film is painted."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, TypeAlias

from brushwork.images.geometry import Size
from brushwork.jobs.events import Note
from brushwork.types import Image


class AnalysisProgress(NamedTuple):
    """The clip is being read to find cuts and key frames."""

    frames: int
    """Frames seen so far."""
    total: int
    """Number of frames according to the file; 0: it does not say."""


class FilmStarted(NamedTuple):
    """The film has been analyzed, and everything checked."""

    frames: int
    done: int
    """Frames painted before a resume."""
    shots: int
    size: Size
    device: str


class ShotStarted(NamedTuple):
    """A shot begins."""

    number: int
    """Counted from 1."""
    first: int
    end: int


class FrameDone(NamedTuple):
    """A frame has been painted and stored."""

    frame: int
    """Counted from 0."""
    image: Image
    """The frame as stored: rounded to the bits of the film."""
    seconds: float
    reliable: float
    """Share of pixels whose flow from the previous frame is reliable; 0 for the first frame of a shot."""


class PassFrame(NamedTuple):
    """A frame has been painted in one of several passes over its shot, and is stored for the next pass."""

    number: int
    """Number of the pass, counted from 1."""
    total: int
    frame: int
    seconds: float


class SegmentDone(NamedTuple):
    """Some frames have been encoded, and their files removed."""

    path: Path
    frames: int


class ShotDone(NamedTuple):
    """Another process has painted a shot."""

    number: int
    """Counted from 1."""
    painted: int
    """Frames painted in this run, not in an earlier one."""
    frames: int
    seconds: float


class FilmFinished(NamedTuple):
    """The film has been written, and the working folder removed."""

    path: Path
    frames: int
    seconds: float
    """Duration of this run."""
    notes: tuple[str, ...]


class MethodStarted(NamedTuple):
    """Trying a method for a preview begins."""

    title: str
    number: int
    """Counted from 1."""
    total: int
    frames: int
    """Number of frames of the preview."""


class MethodPlan(NamedTuple):
    """What a method would take for the whole film."""

    title: str
    seconds_a_frame: float
    seconds: float


class PreviewFinished(NamedTuple):
    """The preview has been written."""

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
