"""Estimates for painting a film: frames, shots, memory, disk, time; some frames are painted to measure them."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass, replace
from time import monotonic
from typing import Any

from brushwork.devices.memory import allocated_memory, memory_budget, trim_memory
from brushwork.recipes import TransferOptions
from brushwork.storage.folders import nearest_folder
from brushwork.video.analysis import FilmAnalysis, Shot, analyze_whole
from brushwork.video.film_job import FilmJob
from brushwork.video.film_requirements import disk_need, frame_memory
from brushwork.video.frame_times import FrameTimes, one_pass_times, optimized_times
from brushwork.video.keyframe_schedule import with_keyframes
from brushwork.video.multipass_painter import AGAIN
from brushwork.video.preparation import PreparedFilm, prepare_film
from brushwork.video.trial import TrialFrame, paint_in_memory

_TRIAL = 4
"""Iterations of a trial at each size, if frames are optimized."""
_TRIAL_KEYS = 3
"""Distance between the key frames of a trial."""


@dataclass(frozen=True, kw_only=True)
class FilmPlan:
    """The frames, memory, disk space and time that a film would take."""

    frames: int
    shots: int
    keyframes: int
    """Number of frames painted by themselves; the flow carries the others."""
    size: str
    codec: str
    audio: str
    """What happens to the sound."""
    device: str
    memory: int
    """Approximate peak bytes: of the whole process on the CPU, otherwise on the device. A longer film takes no more."""
    memory_held: int
    """Bytes of `memory` that the program and its network take."""
    memory_available: int | None
    """Total bytes that may be used; None: not known."""
    disk: int
    """Maximum bytes on disk during painting."""
    disk_free: int
    seconds_first: float
    """Seconds for the first frame of a shot, its statistics included."""
    seconds_a_frame: float
    """Average seconds for each of the other frames."""
    seconds: float
    """Seconds for the analysis and painting of the whole film. Encoding adds a few percent."""
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the plan as values for JSON."""
        return asdict(self)


def plan_film(
    job: FilmJob, *, memory: int | None = None, network: Any = None, analysis: FilmAnalysis | None = None
) -> FilmPlan:
    """Return the plan of a film, without writing anything; `analysis` is the clip's, if known.

    Raises: as `run_film`.
    """
    film = prepare_film(_short(job), resume=False, memory=memory, network=network)
    trim_memory()
    held, budget = allocated_memory(film.device), memory_budget(film.device, memory)
    began = monotonic()
    analysis = with_keyframes(film, analysis or analyze_whole(film.clip, job.selection, job.film.cuts))
    looked = monotonic() - began
    keyframes, shots = len(analysis.keyframes or analysis.frames), len(analysis.shots)
    trial = _trial(film, analysis)
    times = _frame_times(job, film, analysis, trial)
    others = times.later * (keyframes - shots) + times.carried * (len(analysis.frames) - keyframes)
    return FilmPlan(
        frames=len(analysis.frames),
        shots=shots,
        keyframes=keyframes,
        size=str(film.size),
        codec=film.encoding.name,
        audio=f"{job.audio}: {', '.join(film.sound.codecs) if film.sound and film.sound.codecs else 'none'}",
        device=str(film.device),
        memory=held + frame_memory(job, film.size, film.painter.engine),
        memory_held=held,
        memory_available=budget + held if budget is not None and memory is None else memory,
        disk=disk_need(job, film.size, analysis, film.bits),
        disk_free=shutil.disk_usage(nearest_folder(film.workspace.folder)).free,
        seconds_first=round(times.first, 2),
        seconds_a_frame=round(others / (len(analysis.frames) - shots) if others else times.later, 2),
        seconds=round(looked + times.first * shots + others, 1),
        notes=(*film.notes, *film.sound_notes(analysis)),
    )


def _short(job: FilmJob) -> FilmJob:
    """Return the job of a trial: few iterations if frames are optimized, and nothing written."""
    trial = replace(job, overwrite=True, save_flow=None)
    if not isinstance(job.method, TransferOptions):
        return trial
    optimized = replace(job.optimized, first=_TRIAL, later=_TRIAL, passes=1)
    return replace(trial, optimized=optimized, method=replace(job.method, finer_iterations=_TRIAL))


def _trial(film: PreparedFilm, analysis: FilmAnalysis) -> list[TrialFrame]:
    """Paint the first two frames, or up to the second key frame, store nothing, and return their times."""
    last = min(_TRIAL_KEYS if film.job.has_keyframes else 1, len(analysis.frames) - 1)
    return list(paint_in_memory(film, replace(analysis, keyframes=tuple(sorted({0, last}))), [Shot(0, last + 1)]))


def _frame_times(job: FilmJob, film: PreparedFilm, analysis: FilmAnalysis, trial: list[TrialFrame]) -> FrameTimes:
    if not isinstance(job.method, TransferOptions):
        return one_pass_times(analysis.shots, trial)
    first = replace(job.method, size="full", iterations=job.optimized.first)
    again = min(AGAIN, job.optimized.later) * (job.optimized.passes - 1)
    return optimized_times([one.iterations for one in first.schedule(film.size)], job.optimized.later + again, trial)
