"""Paint frames in memory, without files, for plans and previews."""

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
    """A step in the optimization of a frame."""

    level: int
    """Index of the level, coarse to fine."""
    iteration: int
    """Number of the iteration at this level, counted from 1."""
    time: float
    """Time at which it ended, on a monotonic clock."""


class TrialFrame(NamedTuple):
    """A painted frame, and the time it took."""

    frame: int
    image: Image
    seconds: float
    beginning: float
    """Seconds for preparing its shot, if it is the first frame of one; otherwise 0."""
    steps: tuple[TrialStep, ...] = ()
    """Steps, in order, of all optimizations that the frame needed, key frames included."""


def paint_in_memory(film: PreparedFilm, analysis: FilmAnalysis, shots: Sequence[Shot]) -> Iterator[TrialFrame]:
    """Yield the frames of shots as `run_film` paints them; only the frames that later ones need are held."""
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
