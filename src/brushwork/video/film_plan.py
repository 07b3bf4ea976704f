"""What painting a film would take: frames, shots, memory, disk, time. Two frames are painted to measure it."""

from __future__ import annotations

import math
import shutil
from dataclasses import asdict, dataclass, replace
from time import monotonic
from typing import Any

from brushwork.devices.memory import memory_budget
from brushwork.recipes import TransferOptions
from brushwork.storage.folders import nearest_folder
from brushwork.video.analysis import FilmAnalysis, Shot, analyze_whole
from brushwork.video.film_job import FilmJob
from brushwork.video.multipass_painter import AGAIN
from brushwork.video.preparation import PreparedFilm, disk_need, frame_memory, prepare_film
from brushwork.video.trial import TrialFrame, paint_in_memory

_TRIAL = 3
"""Iterations of a trial, where frames are optimized."""
_COARSE = 0.4
"""Iterations at smaller sizes that the first frame of a shot takes, as a fraction of the time of those at full size."""


@dataclass(frozen=True, kw_only=True)
class FilmPlan:
    """What a film would take."""

    frames: int
    shots: int
    keyframes: int
    """Frames that are painted by themselves; the others are carried by the flow."""
    size: str
    codec: str
    audio: str
    """Fate of the sound."""
    device: str
    memory: int
    """Bytes, about, beside what the program takes; it does not grow with the length of the film."""
    memory_available: int | None
    """Bytes that may be used; None: not known."""
    disk: int
    """Bytes at most, while it is painted."""
    disk_free: int
    seconds_first: float
    """Of the first frame of a shot, its statistics included."""
    seconds_a_frame: float
    """Of the other frames, on average."""
    seconds: float
    """Of the whole film: analysis and painting. Encoding adds some hundredths."""
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON values."""
        return asdict(self)


def plan_film(
    job: FilmJob, *, memory: int | None = None, network: Any = None, analysis: FilmAnalysis | None = None
) -> FilmPlan:
    """Return what a film would take, without writing anything; `analysis` is that of the clip, where it is known.

    Raises: as `run_film`.
    """
    optimized = isinstance(job.method, TransferOptions)
    sequence = replace(job.sequence, first=_TRIAL, later=_TRIAL, passes=1)
    trial = replace(job, sequence=sequence) if optimized else job
    film = prepare_film(replace(trial, overwrite=True), resume=False, memory=memory, network=network)
    began = monotonic()
    analysis = analysis or analyze_whole(film.clip, job.selection, job.film.cuts)
    looked = monotonic() - began
    keys = _keyframes(job, analysis)
    times = _trial(film, analysis)
    first, later = _optimized(job, times) if optimized else _one_pass(analysis, times)
    others = len(analysis.frames) - len(analysis.shots)
    carried = max(1, others) / max(1, keys - len(analysis.shots))
    seconds = looked + first * len(analysis.shots) + later / carried * others
    info = film.clip.info
    return FilmPlan(
        frames=len(analysis.frames),
        shots=len(analysis.shots),
        keyframes=keys,
        size=str(film.size),
        codec=film.encoding.name,
        audio=f"{job.audio}: {', '.join(info.audio) or 'none'}",
        device=str(film.device),
        memory=frame_memory(job, film.size, film.painter.engine),
        memory_available=memory_budget(film.device, memory),
        disk=disk_need(job, film.size, analysis, film.bits),
        disk_free=shutil.disk_usage(nearest_folder(film.workspace.folder)).free,
        seconds_first=round(first, 2),
        seconds_a_frame=round(later / carried, 2),
        seconds=round(seconds, 1),
        notes=film.notes,
    )


def _trial(film: PreparedFilm, analysis: FilmAnalysis) -> list[TrialFrame]:
    """Paint the first two frames, keep nothing, and return what they took."""
    return list(paint_in_memory(film, analysis, [Shot(0, min(2, len(analysis.frames)))]))


def _keyframes(job: FilmJob, analysis: FilmAnalysis) -> int:
    """Return how many frames are painted by themselves: all, or every N-th and the last one of each shot."""
    every = job.sequence.keyframes if isinstance(job.method, TransferOptions) else 0
    if every < 2:
        return len(analysis.frames)
    return sum(1 + math.ceil((shot.end - shot.first - 1) / every) for shot in analysis.shots)


def _one_pass(analysis: FilmAnalysis, times: list[TrialFrame]) -> tuple[float, float]:
    """Return the seconds of a shot's first frame, with its statistics, and of another one.

    The statistics of up to 16 frames are measured; those of two were, in the trial.
    """
    samples = sum(min(16, shot.end - shot.first) for shot in analysis.shots) / len(analysis.shots)
    later = times[-1].seconds
    return later + times[0].beginning / len(times) * samples, later


def _optimized(job: FilmJob, times: list[TrialFrame]) -> tuple[float, float]:
    """Return the seconds of a shot's first frame, and of another one at most: later ones often end early."""
    first = times[0].seconds / _TRIAL / (1 + _COARSE) * job.sequence.first
    again = min(AGAIN, job.sequence.later) * (job.sequence.passes - 1)
    return first, times[-1].seconds / _TRIAL * (job.sequence.later + again)
