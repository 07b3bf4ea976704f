"""Paint a film: frame by frame, segment by segment, so that whatever stops it, no more than a frame is lost."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

from brushwork.errors import InputError
from brushwork.images.write import write_image
from brushwork.jobs.events import Note
from brushwork.storage.atomic import atomic_write
from brushwork.storage.folders import expand_user
from brushwork.video.analysis import FilmAnalysis, analyze_clip
from brushwork.video.animation_file import write_animation
from brushwork.video.events import (
    AnalysisProgress,
    FilmEvent,
    FilmFinished,
    FilmStarted,
    FrameDone,
    SegmentDone,
    ShotStarted,
)
from brushwork.video.feedforward_painter import FramePainter
from brushwork.video.film_file import write_film
from brushwork.video.film_job import FilmJob
from brushwork.video.frame_reader import KEPT, FrameReader
from brushwork.video.multipass_painter import MultipassPainter
from brushwork.video.output_frames import OutputFrames
from brushwork.video.preparation import PreparedFilm, prepare_film, require_disk, selection_note
from brushwork.video.segment_file import write_segment
from brushwork.video.workspace import StoredFrame, Workspace, round_image, segments_of


def run_film(
    job: FilmJob, *, resume: bool = False, finish: bool = False, memory: int | None = None, network: Any = None
) -> Generator[FilmEvent, None, None]:
    """Paint a film; yield events, and `FilmFinished` at the end.

    Beside the output a folder holds what is done: the frames of the open segment, and the segments that are closed.
    Whatever ends the run, with `resume` it continues at the next frame, and the film is byte for byte that of an
    unbroken run. With `finish`, a film is made of the frames that are there, and nothing is painted.

    Raises:
        InputError: a clip, style images, options or an output that cannot be used; a folder of another film.
        WeightsError: the network's weights are missing.
        OutOfMemoryError: a frame does not fit.
    """
    began = monotonic()
    workspace = Workspace(job.workspace)
    if resume and expand_user(job.output).exists() and not workspace.exists:
        workspace.remove()  # the rest of it, where the last run was killed while removing it
        yield FilmFinished(job.output, 0, 0.0, ("it is finished already.",))
        return
    film = prepare_film(job, resume=resume or finish, memory=memory, network=network)
    notes = [*film.notes]
    resumed = (resume or finish) and film.workspace.exists
    if finish and not resumed:
        raise InputError(f"there is no unfinished film {film.workspace.folder}: paint it first.")
    if resumed:
        notes += film.workspace.require_same(film.manifest, film.device)
    analysis = film.workspace.read_analysis() if resumed else None
    if analysis is None:
        for found in analyze_clip(film.clip, job.selection, job.film.cuts):
            if isinstance(found, FilmAnalysis):
                analysis = found
            else:
                yield AnalysisProgress(found, film.clip.info.frames)
        assert analysis is not None
        require_disk(film, analysis)
        film.output_frames(analysis)  # refuses masks that end too early
        if not resumed:
            film.workspace.create(film.manifest, film.device)
        film.workspace.write_analysis(analysis)
    yield from map(Note, (*notes, *selection_note(job.selection, len(analysis.frames))))
    if not finish:
        yield from paint_film(film, analysis)
    yield from finish_film(film, analysis, began, notes)


def paint_film(film: PreparedFilm, analysis: FilmAnalysis) -> Iterator[FilmEvent]:
    """Paint what is not there yet, and close its segments."""
    kept = max(KEPT, 2 + max(film.job.sequence.long_term))
    readers = [FrameReader(film.clip, analysis, film.size, film.device, kept) for _ in range(2)]
    segments, shots, output = segments_of(analysis), analysis.shots, film.output_frames(analysis)
    done = sum(_frames_there(film, segment) for segment in segments)
    yield FilmStarted(len(analysis.frames), done, len(shots), film.size, str(film.device))
    painter: FramePainter | None = None
    shown = None
    for segment in segments:
        if film.workspace.segment(segment.start).exists():
            continue
        shot = analysis.shot_of(segment.start)
        if painter is None:
            painter = film.painter.make(readers[0], readers[1], film.size, film.workspace.keys)
        if shot != shown:
            yield ShotStarted(shots.index(shot) + 1, *shot)
            painter.begin_shot(shot)
            shown = shot
            if isinstance(painter, MultipassPainter):
                yield from painter.run_passes()
        for index in segment:
            if not film.workspace.has_frame(index):
                yield _paint(film, painter, output, index)
        yield close_segment(film, analysis, output, segment, painter.history)


def _frames_there(film: PreparedFilm, segment: range) -> int:
    if film.workspace.segment(segment.start).exists():
        return len(segment)
    return sum(map(film.workspace.has_frame, segment))


def _paint(film: PreparedFilm, painter: FramePainter, output: OutputFrames, index: int) -> FrameDone:
    began = monotonic()
    painted = painter.paint(index, film.workspace.read_frame)
    frame = StoredFrame(round_image(painted.image, film.bits), {k: v.cpu() for k, v in painted.state.items()})
    image = output.image(index, frame)
    if film.job.keep_frames:
        film.job.frames_folder.mkdir(exist_ok=True)
        write_image(image, film.job.frames_folder / f"{index:06}.png", bits=film.bits, overwrite=True)
    film.workspace.write_frame(index, frame)
    return FrameDone(index, image, monotonic() - began, painted.reliable)


def close_segment(
    film: PreparedFilm, analysis: FilmAnalysis, output: OutputFrames, frames: range, history: int
) -> SegmentDone:
    """Encode frames to a segment, and remove those that no later frame needs."""
    path = film.workspace.segment(frames.start)
    _encode(path, film, analysis, output, frames)
    goes_on = frames.stop < analysis.shot_of(frames.start).end
    kept = history if goes_on else 0
    film.workspace.remove_frames(range(max(0, frames.start - history), frames.stop - kept))
    return SegmentDone(path, len(frames))


def _encode(path: Path, film: PreparedFilm, analysis: FilmAnalysis, output: OutputFrames, frames: range) -> None:
    levels = ((analysis.frames[index].pts, output.levels(index, film.workspace.read_frame(index))) for index in frames)
    write_segment(path, levels, film.film_format(analysis))


def finish_film(film: PreparedFilm, analysis: FilmAnalysis, began: float, notes: list[str]) -> Iterator[FilmEvent]:
    """Join the segments to the film, with its sound, and remove the working folder."""
    parts: list[tuple[Path, list[int]]] = []
    for segment in segments_of(analysis):
        path = film.workspace.segment(segment.start)
        there = segment
        if not path.exists():
            there = range(segment.start, segment.start + _beginning(film, segment))
            path = path.with_stem(f"{path.stem}-begun")  # not the segment itself, which is to be painted to its end
            if there:
                _encode(path, film, analysis, film.output_frames(analysis), there)
        if there:
            parts.append((path, [analysis.frames[index].pts for index in there]))
        if len(there) < len(segment):
            break
    if not parts:
        raise InputError(f"no frame of {film.job.output.name} is painted yet: continue with --resume.")
    count = sum(len(times) for _, times in parts)
    if count < len(analysis.frames):
        notes.append(
            f"{len(analysis.frames) - count} of {len(analysis.frames)} frames are missing: --resume paints them"
        )
    with atomic_write(expand_user(film.job.output), overwrite=True) as temporary:
        format = film.film_format(analysis)
        if film.encoding.container.is_animation:
            write_animation(temporary, parts, format)
        else:
            notes += write_film(temporary, parts, format, film.soundtrack(analysis), film.metadata())
    if count == len(analysis.frames):
        film.workspace.remove()
    yield FilmFinished(film.job.output, count, monotonic() - began, tuple(notes))


def _beginning(film: PreparedFilm, segment: range) -> int:
    """Return how many frames of an open segment are there, from its first on."""
    return next((place for place, index in enumerate(segment) if not film.workspace.has_frame(index)), len(segment))
