"""A preview of a film: a few seconds of it, small, by all methods side by side, with the time for the whole film."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brushwork.errors import WeightsError
from brushwork.images.encode import quantize
from brushwork.images.geometry import Size
from brushwork.jobs.events import Note
from brushwork.storage.folders import expand_user, temporary_place
from brushwork.video.analysis import FilmAnalysis, analyze_whole
from brushwork.video.clip import Clip
from brushwork.video.clip_file import open_clip
from brushwork.video.codecs import choose_encoding
from brushwork.video.events import FilmEvent, FrameDone, MethodPlan, MethodStarted, PreviewFinished
from brushwork.video.film_job import FilmJob, canvas_of
from brushwork.video.film_plan import plan_film
from brushwork.video.frame_reader import FrameReader
from brushwork.video.keyframe_schedule import with_keyframes
from brushwork.video.options import FrameSelection
from brushwork.video.output_file import write_output
from brushwork.video.panels import caption, in_a_grid
from brushwork.video.preparation import prepare_film, require_output
from brushwork.video.segment_file import FilmFormat, write_segment
from brushwork.video.trial import paint_in_memory

_SHORT = 192
"""Short side of a panel in pixels."""
_PARTS, _SECONDS = 3, 1.0
"""Number of painted parts of the film, and the length of each in seconds."""
_FIRST, _LATER = 60, 15
"""Maximum iterations of first and later frames: enough for the size of a panel."""
_RATE = 12
"""Maximum frames per second."""

Panel = NDArray[Any]


def preview_film(
    methods: Mapping[str, FilmJob], output: Path, *, memory: int | None = None, network: Any = None
) -> Generator[FilmEvent, None, None]:
    """Paint three seconds of a film by each of several methods, write them side by side, and yield events on the way.

    `methods` names jobs of one clip. Methods whose weights are missing are left out, with a note.

    Raises: as `run_film`; WeightsError: no method is left.
    """
    first = next(iter(methods.values()))
    clip, tick = open_clip(first.clip, first.rate), Fraction(1, _RATE)
    require_output(replace(first, output=output, keep_frames=False, save_flow=None))
    encoding = choose_encoding(output, None, "420", None, 8)
    analysis = analyze_whole(clip, first.selection, first.film.cuts)
    parts = list(_parts(clip, analysis))
    panels, plans = {"film": _film(first, clip, parts)}, []
    for number, (title, job) in enumerate(methods.items(), start=1):
        yield MethodStarted(title, number, len(methods), len(panels["film"]))
        try:
            panels[title] = yield from _paint(_small(job), parts, memory, network)
            plan = plan_film(job, memory=memory, network=network, analysis=analysis)
        except WeightsError as error:
            panels.pop(title, None)
            yield Note(f"{title} is left out: {error}")
            continue
        plans.append(MethodPlan(title, plan.seconds_a_frame, plan.seconds))
    if not plans:
        raise WeightsError("none of the methods can be painted: get weights with brushwork weights.")
    shown = _side_by_side(panels, {one.title: one for one in plans})
    size = Size(*shown[0].shape[:2])
    yield from map(Note, _write(expand_user(output), shown, FilmFormat(encoding, size, tick, 1 / tick)))
    yield PreviewFinished(output, len(shown), tuple(plans))


def _write(output: Path, shown: list[Panel], format: FilmFormat) -> tuple[str, ...]:
    """Write the frames of the preview in the format that its name selects; return notes for the user."""
    with TemporaryDirectory(prefix="brushwork-", dir=temporary_place()) as folder:
        segment = Path(folder) / f"preview{format.encoding.segment_suffix}"
        write_segment(segment, enumerate(shown), format)
        return write_output(output, [(segment, range(len(shown)))], format)


def _parts(clip: Clip, analysis: FilmAnalysis) -> Iterator[FilmAnalysis]:
    """Yield the painted parts: the middle second of each third of the film, or the whole film."""
    base = clip.info.time_base
    times = [frame.source * base for frame in analysis.frames]
    begin, lasts, end = times[0], times[-1] - times[0], times[-1] + base
    for number in range(_PARTS if lasts > _PARTS * _SECONDS else 1):
        start = begin + lasts * (2 * number + 1) / (2 * _PARTS) - Fraction(_SECONDS) / 2
        if lasts <= _PARTS * _SECONDS:
            start = begin
        lasting = Fraction(_SECONDS if lasts > _PARTS * _SECONDS else _PARTS * _SECONDS)
        rate = min(Fraction(_RATE), clip.info.rate)
        yield analyze_whole(clip, FrameSelection(float(start), float(min(start + lasting, end)), rate=rate))


def _small(job: FilmJob) -> FilmJob:
    """Return the job for a panel: small, and with fewer iterations if frames are optimized."""
    own = job.optimized
    optimized = replace(own, first=min(_FIRST, own.first), later=min(_LATER, own.later))
    method = replace(job.method, size=_SHORT, measure="short")
    return replace(job, method=method, optimized=optimized, overwrite=True, save_flow=None)


def _film(job: FilmJob, clip: Clip, parts: list[FilmAnalysis]) -> list[Panel]:
    size = canvas_of(_small(job).method, clip.info)
    readers = [(FrameReader(clip, part, size), len(part.frames)) for part in parts]
    return [quantize(reader(index)) for reader, count in readers for index in range(count)]


def _paint(
    job: FilmJob, parts: list[FilmAnalysis], memory: int | None, network: Any
) -> Generator[FilmEvent, None, list[Panel]]:
    film = prepare_film(job, resume=False, memory=memory, network=network)
    panels: list[Panel] = []
    for part in parts:
        for frame in paint_in_memory(film, with_keyframes(film, part), part.shots):
            yield FrameDone(len(panels), frame.image, frame.seconds, 0.0)
            panels.append(quantize(frame.image))
    return panels


def _side_by_side(panels: Mapping[str, list[Panel]], plans: Mapping[str, MethodPlan]) -> list[Panel]:
    """Return the frames of the preview: each method with its name, and the time that it takes below."""
    times = {
        title: f"{_duration(plans[title].seconds)} for the whole film" if title in plans else "" for title in panels
    }
    return [
        in_a_grid([caption(np.ascontiguousarray(panels[title][index]), title, times[title]) for title in panels])
        for index in range(len(panels["film"]))
    ]


def _duration(seconds: float) -> str:
    if seconds < 2 * 60:
        return f"{round(seconds)} s"
    hours, rest = divmod(round(seconds / 60), 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"
