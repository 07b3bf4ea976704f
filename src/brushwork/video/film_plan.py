"""What painting a film would take: frames, shots, memory, disk, time. Two frames are painted to measure it."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass, replace
from time import monotonic
from typing import Any

from brushwork.recipes import TransferOptions
from brushwork.storage.folders import nearest_folder
from brushwork.video.analysis import FilmAnalysis, Shot, analyze_clip
from brushwork.video.film_job import FilmJob
from brushwork.video.frame_reader import FrameReader
from brushwork.video.preparation import disk_need, frame_memory, prepare_film
from brushwork.video.workspace import StoredFrame, round_image

_TRIAL = 3
"""Iterations of a trial, where frames are optimized."""
_COARSE = 0.4
"""Iterations at smaller sizes that the first frame of a shot takes, as a fraction of the time of those at full size."""


@dataclass(frozen=True)
class FilmPlan:
    """What a film would take."""

    frames: int
    shots: int
    size: str
    codec: str
    audio: str
    """Fate of the sound."""
    memory: int
    """Bytes, about, beside what the program takes."""
    disk: int
    """Bytes at most, while it is painted."""
    disk_free: int
    seconds_a_frame: float
    seconds: float
    """Of the whole film, encoding included."""
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON values."""
        return asdict(self)


def plan_film(job: FilmJob, *, memory: int | None = None, network: Any = None) -> FilmPlan:
    """Return what a film would take, without writing anything.

    Raises: as `run_film`.
    """
    optimized = isinstance(job.method, TransferOptions)
    trial = replace(job, sequence=replace(job.sequence, first=_TRIAL, later=_TRIAL)) if optimized else job
    film = prepare_film(replace(trial, overwrite=True), resume=False, memory=memory, network=network)
    analysis = next(one for one in analyze_clip(film.clip, job.selection, job.film.cuts) if not isinstance(one, int))
    readers = [FrameReader(film.clip, analysis, film.size, film.device) for _ in range(2)]
    painter = film.painter.make(readers[0], readers[1], film.size, {})
    began = monotonic()
    shot = Shot(0, min(2, len(analysis.frames)))
    painter.begin_shot(shot)
    beginning = monotonic() - began
    kept: dict[int, StoredFrame] = {}
    times = []
    for index in range(*shot):
        began = monotonic()
        painted = painter.paint(index, kept.__getitem__)
        kept[index] = StoredFrame(round_image(painted.image, film.bits), painted.state)
        times.append(monotonic() - began)
    seconds = _optimized(job, analysis, times) if optimized else _one_pass(analysis, times, beginning)
    info = film.clip.info
    return FilmPlan(
        frames=len(analysis.frames),
        shots=len(analysis.shots),
        size=str(film.size),
        codec=film.encoding.codec,
        audio=f"{job.audio}: {', '.join(info.audio) or 'none'}",
        memory=frame_memory(job, film.size),
        disk=disk_need(film.size, len(analysis.frames), film.bits),
        disk_free=shutil.disk_usage(nearest_folder(film.workspace.folder)).free,
        seconds_a_frame=round(seconds / len(analysis.frames), 2),
        seconds=round(seconds, 1),
        notes=info.notes,
    )


def _one_pass(analysis: FilmAnalysis, times: list[float], beginning: float) -> float:
    """Return the seconds of all frames, and of the statistics of all shots: two frames were measured for them."""
    samples = sum(min(16, shot.end - shot.first) for shot in analysis.shots)
    return times[-1] * len(analysis.frames) + beginning / min(2, len(analysis.frames)) * samples


def _optimized(job: FilmJob, analysis: FilmAnalysis, times: list[float]) -> float:
    """Return the seconds of all frames at most: later ones often end early."""
    first = times[0] / _TRIAL / (1 + _COARSE) * job.sequence.first
    later = times[-1] / _TRIAL * job.sequence.later
    painted = len(analysis.frames) - len(analysis.shots)
    every = job.sequence.keyframes or 1
    return first * len(analysis.shots) + later * painted / every
