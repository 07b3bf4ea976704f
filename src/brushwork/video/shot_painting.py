"""Paint the shots of a film, which are independent, into its working folder, in this process or in others."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache, partial
from multiprocessing import parent_process
from pathlib import Path
from time import monotonic

import torch

from brushwork.devices import keep_memory
from brushwork.errors import InputError
from brushwork.images.write import write_image
from brushwork.jobs.workers import Executor
from brushwork.video.analysis import FilmAnalysis, Shot
from brushwork.video.events import FilmEvent, FrameDone, SegmentDone, ShotDone, ShotStarted
from brushwork.video.film_job import FilmJob
from brushwork.video.frame_painter import FramePainter
from brushwork.video.frame_store import StoredFrame, round_image
from brushwork.video.multipass_painter import MultipassPainter
from brushwork.video.preparation import PreparedFilm, prepare_film
from brushwork.video.segment_file import write_segment
from brushwork.video.workspace import segments_of


class ShotPainting:
    """Paints the missing frames of a film's shots, and closes their segments."""

    def __init__(self, film: PreparedFilm, analysis: FilmAnalysis) -> None:
        self._film, self._analysis = film, analysis
        self._output = film.output_frames(analysis)

    @cached_property
    def painter(self) -> FramePainter:
        """The painter of the frames."""
        return self._film.make_painter(self._analysis, self._film.workspace.store)

    def paint(self, shot: Shot) -> Iterator[FilmEvent]:
        """Paint the missing frames of a shot, and yield events."""
        missing = _find_missing_segments(self._film, self._analysis, shot)
        if missing:
            yield ShotStarted(self._analysis.shots.index(shot) + 1, *shot)
            self.painter.begin_shot(shot)
            if isinstance(self.painter, MultipassPainter):
                yield from self.painter.run_passes()
        for segment in missing:
            for index in segment:
                if index not in self._film.workspace.frames:
                    yield self._paint(index)
            yield self._close(segment)
        self._film.workspace.remove_stored(range(*shot))

    def _paint(self, index: int) -> FrameDone:
        began, film = monotonic(), self._film
        painted = self.painter.paint(index, film.workspace.frames.read)
        frame = StoredFrame(round_image(painted.image, film.bits), {k: v.cpu() for k, v in painted.state.items()})
        image = self._output.image(index, frame)
        if film.job.keep_frames:
            write_image(image, film.job.frames_folder / f"{index:06}.png", bits=film.bits, overwrite=True)
        film.workspace.frames[index] = frame
        return FrameDone(index, image, monotonic() - began, painted.reliable)

    def _close(self, frames: range) -> SegmentDone:
        """Encode frames into a segment, and remove the frames that no later frame needs."""
        history, workspace = self.painter.history, self._film.workspace
        path = workspace.segment(frames.start)
        self.encode(path, frames)
        shot = self._analysis.shot_of(frames.start)
        kept = history if frames.stop < shot.end else 0
        for index in range(max(shot.first, frames.start - history), frames.stop - kept):
            del workspace.frames[index]
        return SegmentDone(path, len(frames))

    def encode(self, path: Path, frames: range) -> None:
        """Encode stored frames into a file."""
        film, times = self._film, self._analysis.frames
        levels = ((times[one].pts, self._output.levels(one, film.workspace.frames.read(one))) for one in frames)
        write_segment(path, levels, film.film_format(self._analysis))


def _find_missing_segments(film: PreparedFilm, analysis: FilmAnalysis, shot: Shot) -> list[range]:
    """Return the segments of a shot that are not closed yet."""
    own = (one for one in segments_of(analysis) if shot.first <= one.start < shot.end)
    return [one for one in own if not film.workspace.segment(one.start).exists()]


def paint_shots(film: PreparedFilm, analysis: FilmAnalysis, executor: Executor) -> Iterator[ShotDone]:
    """Paint all incomplete shots in other processes, the longest first, and yield each when it is done."""
    missing = [shot for shot in analysis.shots if _find_missing_segments(film, analysis, shot)]
    missing.sort(key=lambda shot: shot.first - shot.end)
    task = partial(_paint_shot, film.job)
    for shot, (painted, seconds) in executor(task, missing, str(film.device)):
        yield ShotDone(analysis.shots.index(shot) + 1, painted, len(range(*shot)), seconds)


def _paint_shot(job: FilmJob, shot: Shot, threads: int) -> tuple[int, float]:
    """Paint one shot of a film already begun; return the number of painted frames, and the seconds taken.

    Worker processes, which see the working folder under the same path, call this.
    """
    torch.set_num_threads(threads)
    if parent_process() and not job.method.is_iterative:  # this process is ours
        keep_memory()
    began = monotonic()
    painted = sum(isinstance(event, FrameDone) for event in _open(job).paint(shot))
    return painted, monotonic() - began


@lru_cache(maxsize=1)
def _open(job: FilmJob) -> ShotPainting:
    """Return the painting of a film already begun; a process that paints several shots loads the network only once."""
    film = prepare_film(job, resume=True)
    analysis = film.workspace.read_analysis()
    if analysis is None:
        raise InputError(f"{film.workspace.folder} is not there: workers must see it under the same path.")
    return ShotPainting(film, analysis)
