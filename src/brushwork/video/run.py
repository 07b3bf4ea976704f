"""Paint a film frame by frame and segment by segment, so that an interruption loses at most one frame."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import torch

from brushwork.choices import WorkerEngine
from brushwork.errors import InputError
from brushwork.jobs.events import Note
from brushwork.jobs.workers import Executor, pick_executor
from brushwork.options import require_option
from brushwork.storage.folder_lock import locked_folder
from brushwork.storage.folders import expand_user, make_folder
from brushwork.video.analysis import FilmAnalysis, analyze_clip
from brushwork.video.events import AnalysisProgress, FilmEvent, FilmFinished, FilmStarted
from brushwork.video.film_job import FilmJob
from brushwork.video.film_requirements import disk_need, require_disk
from brushwork.video.finished_film import count_frames, require_same_film
from brushwork.video.keyframe_schedule import add_keyframes
from brushwork.video.output_file import write_output
from brushwork.video.preparation import PreparedFilm, prepare_film, selection_note
from brushwork.video.shot_painting import ShotPainting, paint_shots
from brushwork.video.workspace import Workspace, segments_of


@torch.inference_mode(False)
def run_film(
    job: FilmJob,
    *,
    resume: bool = False,
    finish: bool = False,
    memory: int | None = None,
    network: Any = None,
    workers: int = 1,
    worker_engine: WorkerEngine = "processes",
) -> Generator[FilmEvent, None, None]:
    """Paint a film; yield events, and `FilmFinished` at the end.

    A folder beside the output holds the work so far: the frames of the open segment, and the closed segments. However a
    run ends, with `resume` it continues at the next frame, and the film is byte for byte that of an unbroken run. With
    `finish`, the film is made from the existing frames, and nothing is painted. `workers` is the number of processes
    that paint shots at once, or on a Ray cluster the CPUs for each; they load the network themselves, and the film is
    the same.

    Raises:
        InputError: unusable clip, style images, options or output; a working folder of another film,
            or one in which another process paints.
        WeightsError: the network's weights are missing.
        OutOfMemoryError: a frame does not fit.
    """
    began = monotonic()
    workspace = Workspace(job.workspace)
    if resume and job.is_written and not workspace.exists and (finished := _find_finished(job, memory, network)):
        workspace.remove()  # the rest of it, if the last run was killed while removing it
        yield finished
        return
    require_option(isinstance(workers, int) and workers >= 1, "workers", repr(workers), "1 or more")
    executor = pick_executor(workers, worker_engine)
    copies = workers if worker_engine == "processes" else 1
    film = prepare_film(job, resume=resume or finish, memory=memory, network=network, copies=copies)
    with locked_folder(film.workspace.folder):
        yield from _run(film, began, resume or finish, finish, executor)


def _find_finished(job: FilmJob, memory: int | None, network: Any) -> FilmFinished | None:
    """Return the last event of an existing film; None: it is another film, and may be overwritten.

    Raises: InputError: it is another film, or has no manifest.
    """
    try:
        require_same_film(job, prepare_film(job, resume=True, memory=memory, network=network).film_manifest)
    except InputError:
        if job.overwrite:
            return None
        raise
    return FilmFinished(job.output, count_frames(job), 0.0, ("it is finished already: nothing was painted",))


def _run(
    film: PreparedFilm, began: float, resume: bool, finish: bool, executor: Executor | None
) -> Iterator[FilmEvent]:
    """Analyze, paint and write a film, using its working folder."""
    notes = [*film.notes]
    resumed = resume and film.workspace.exists
    if finish and not resumed:
        there = f"{film.job.output} is finished already" if film.job.is_written else "paint it first"
        raise InputError(f"there is no unfinished film {film.workspace.folder}: {there}.")
    if resumed:
        notes += film.workspace.require_same(film.manifest, film.device)
    analysis = film.workspace.read_analysis() if resumed else None
    if analysis is None:
        analysis = yield from _analyze(film)
        require_disk(disk_need(film.job, film.size, analysis, film.bits), film.workspace.folder)
        film.output_frames(analysis)  # raises if a mask ends too early
        if not resumed:
            film.workspace.create(film.manifest, film.device)
        film.workspace.write_analysis(analysis)
    notes += film.sound_notes(analysis)
    yield from map(Note, (*notes, *selection_note(film.job.selection, len(analysis.frames))))
    try:
        if not finish:
            yield from paint_film(film, analysis, executor)
    except InputError:
        if film.workspace.is_empty:  # otherwise the same film with other options would be refused
            film.workspace.remove()
        raise
    yield from finish_film(film, analysis, began, notes)


def _analyze(film: PreparedFilm) -> Generator[FilmEvent, None, FilmAnalysis]:
    """Find the frames, cuts and key frames of a film."""
    found = analyze_clip(film.clip, film.job.selection, film.job.film.cuts)
    analysis = yield from _follow(found, film.clip.info.frames)
    return (yield from _follow(add_keyframes(film, analysis), len(analysis.frames)))


def _follow(found: Iterator[int | FilmAnalysis], total: int) -> Generator[FilmEvent, None, FilmAnalysis]:
    """Yield the progress of an analysis, and return it."""
    while not isinstance(one := next(found), FilmAnalysis):
        yield AnalysisProgress(one, total)
    return one


def paint_film(film: PreparedFilm, analysis: FilmAnalysis, executor: Executor | None = None) -> Iterator[FilmEvent]:
    """Paint the missing frames, and close their segments."""
    if film.job.keep_frames:
        make_folder(film.job.frames_folder)
    if film.job.save_flow is not None:
        make_folder(expand_user(film.job.save_flow), "--save-flow")
    done = sum(_frames_there(film, segment) for segment in segments_of(analysis))
    yield FilmStarted(len(analysis.frames), done, len(analysis.shots), film.size, str(film.device))
    if executor is not None and len(analysis.shots) > 1:
        yield from paint_shots(film, analysis, executor)
        return
    painting = ShotPainting(film, analysis)
    for shot in analysis.shots:
        yield from painting.paint(shot)


def _frames_there(film: PreparedFilm, segment: range) -> int:
    if film.workspace.segment(segment.start).exists():
        return len(segment)
    return sum(index in film.workspace.frames for index in segment)


def finish_film(film: PreparedFilm, analysis: FilmAnalysis, began: float, notes: list[str]) -> Iterator[FilmEvent]:
    """Join the segments into the film, add its sound, and remove the working folder."""
    parts: list[tuple[Path, list[int]]] = []
    for segment in segments_of(analysis):
        path = film.workspace.segment(segment.start)
        there = segment
        if not path.exists():
            there = range(segment.start, segment.start + _find_beginning(film, segment))
            path = path.with_stem(f"{path.stem}-begun")  # not the segment itself, which is still to be completed
            if there:
                ShotPainting(film, analysis).encode(path, there)
        if there:
            parts.append((path, [analysis.frames[index].pts for index in there]))
        if len(there) < len(segment):
            break
    if not parts:
        raise InputError(f"no frame of {film.job.output.name} is painted yet: continue with --resume.")
    count = sum(len(times) for _, times in parts)
    missing = len(analysis.frames) - count
    if missing:
        notes.append(f"{missing} of {len(analysis.frames)} frames are missing: --resume paints them")
    notes += _join(film, analysis, parts, missing)
    if not missing:
        film.workspace.remove()
    yield FilmFinished(film.job.output, count, monotonic() - began, tuple(notes))


def _join(
    film: PreparedFilm, analysis: FilmAnalysis, parts: Sequence[tuple[Path, list[int]]], missing: int
) -> Sequence[str]:
    """Write the film from its segments; return notes for the user."""
    return write_output(
        expand_user(film.job.output),
        parts,
        film.film_format(analysis),
        soundtrack=film.soundtrack(analysis),
        plays=film.plays,
        tag=film.make_tag(missing),
    )


def _find_beginning(film: PreparedFilm, segment: range) -> int:
    """Return how many frames of an open segment exist, from its first on."""
    return next((place for place, index in enumerate(segment) if index not in film.workspace.frames), len(segment))
