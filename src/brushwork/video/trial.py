"""Paint frames in memory, and keep no file: for plans and previews."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import NamedTuple

from brushwork.recipes import Progress
from brushwork.types import Image
from brushwork.video.analysis import FilmAnalysis, Shot
from brushwork.video.frame_store import FrameStore, StoredFrame, round_image
from brushwork.video.preparation import PreparedFilm


class TrialStep(NamedTuple):
    """A step of the optimization of a frame."""

    level: int
    """Coarse to fine."""
    iteration: int
    """At this level, from 1 on."""
    time: float
    """When it ended, on a monotonic clock."""


class TrialFrame(NamedTuple):
    """A frame that was painted, and what it took."""

    frame: int
    image: Image
    seconds: float
    beginning: float
    """Seconds of the preparation of its shot, where it is the first frame of one; else 0."""
    steps: tuple[TrialStep, ...] = ()
    """Of all optimizations that the frame needed, key frames included, in order."""


def paint_in_memory(film: PreparedFilm, analysis: FilmAnalysis, shots: Sequence[Shot]) -> Iterator[TrialFrame]:
    """Yield the frames of shots as `run_film` paints them; no more of them are held than later ones need."""
    stored: dict[int, StoredFrame] = {}
    stores = defaultdict[str, FrameStore](dict).__getitem__
    steps: list[TrialStep] = []

    def watch(progress: Progress) -> None:
        steps.append(TrialStep(progress.level, progress.step.index, monotonic()))

    painter = film.make_painter(analysis, stores, watch)
    output = film.output_frames(analysis)
    for shot in shots:
        began = monotonic()
        painter.begin_shot(shot)
        beginning = monotonic() - began
        for index in range(*shot):
            steps.clear()
            began = monotonic()
            painted = painter.paint(index, stored.__getitem__)
            stored[index] = StoredFrame(round_image(painted.image, film.bits), painted.state)
            stored.pop(index - painter.history - 1, None)
            seconds = monotonic() - began
            image = output.image(index, stored[index])
            yield TrialFrame(index, image, seconds, beginning if index == shot.first else 0.0, tuple(steps))
