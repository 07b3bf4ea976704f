"""Animated GIF, PNG and WebP files, made from the segments of a film, which are lossless for these formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from brushwork.video.animation_loops import FOREVER
from brushwork.video.optional_imports import import_video
from brushwork.video.segment_file import BITEXACT, FilmFormat

_GIF_TICK, _MILLISECOND = Fraction(1, 100), Fraction(1, 1000)
"""Ticks of the formats in seconds: GIF and WebP prescribe theirs, PNG's is a choice."""
_ENCODERS = {"webp": "libwebp_anim"}
_WEBP = {"quality": "90", "lossless": "0"}

Segments = Sequence[tuple[Path, Sequence[int]]]


def write_animation(path: Path, segments: Segments, format: FilmFormat, plays: int = FOREVER) -> None:
    """Write an animation, played `plays` times, of the frames of segments, which come with their time stamps.

    A GIF gets one palette for the whole film and ordered dithering, so that still areas do not flicker.
    """
    muxer = format.encoding.container.muxer
    stamps = [pts * format.time_base for _, times in segments for pts in times]
    tick = _GIF_TICK if muxer == "gif" else _MILLISECOND
    last = stamps[-1] - stamps[-2] if len(stamps) > 1 else 1 / format.rate
    options = {**BITEXACT, **_muxer_options(muxer, plays, last, tick)}
    convert, pixel_format = _make_palette(segments) if muxer == "gif" else _as_rgb(muxer, format.encoding.has_alpha)
    av = import_video("av")
    with av.open(str(path), "w", format=muxer, options=options) as film:
        settings = _WEBP if muxer == "webp" else {}
        stream = film.add_stream(_ENCODERS.get(muxer, muxer), rate=round(1 / tick), options=settings)
        stream.width, stream.height, stream.pix_fmt = format.size.width, format.size.height, pixel_format
        stream.time_base = stream.codec_context.time_base = tick
        for frame, time in zip(
            convert(decoded_frames(segments)), _apart([round(one / tick) for one in stamps]), strict=True
        ):
            frame.pts, frame.time_base = time, tick
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))


def _muxer_options(muxer: str, plays: int, last: Fraction, tick: Fraction) -> dict[str, str]:
    """Return the muxer options for how often an animation is played and how long its last frame is shown."""
    if muxer == "gif":  # GIF counts the repetitions; -1 plays it once
        return {"loop": str((plays - 1 or -1) if plays else 0), "final_delay": str(round(last / tick))}
    return {"plays": str(plays), "final_delay": str(last)} if muxer == "apng" else {"loop": str(plays)}


def decoded_frames(segments: Segments) -> Iterator[Any]:
    """Yield the frames of all segments, counted from 0."""
    av, number = import_video("av"), 0
    for path, _ in segments:
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                frame.pts, frame.time_base = number, Fraction(1, 25)
                number += 1
                yield frame


def _apart(times: Sequence[int]) -> list[int]:
    """Return the times, at least one tick apart."""
    found = list(times)
    for place, (one, other) in enumerate(pairwise(times), start=1):
        found[place] = max(found[place - 1] + 1, other if other > one else found[place - 1] + 1)
    return found


def _as_rgb(muxer: str, has_alpha: bool) -> tuple[Callable[[Iterator[Any]], Iterator[Any]], str]:
    name = "bgra" if muxer == "webp" else "rgba" if has_alpha else "rgb24"
    return (lambda frames: (frame.reformat(format=name) for frame in frames)), name


def _make_palette(segments: Segments) -> tuple[Callable[[Iterator[Any]], Iterator[Any]], str]:
    """Return a function that gives all frames their best common palette of 256 colors, and the pixel format."""
    palette = _palette(segments)

    def convert(frames: Iterator[Any]) -> Iterator[Any]:
        first = next(frames)
        graph = import_video("av").filter.Graph()
        pictures = _add_source(graph, first, "pictures")
        colors = _add_source(graph, palette, "colors")
        use, sink = graph.add("paletteuse", "dither=bayer:bayer_scale=3"), graph.add("buffersink")
        pictures.link_to(use, 0, 0)
        colors.link_to(use, 0, 1)
        use.link_to(sink)
        graph.configure()
        colors.push(palette)
        colors.push(None)
        pictures.push(first)
        yield from _pull(sink)
        for frame in frames:
            pictures.push(frame)
            yield from _pull(sink)
        pictures.push(None)
        yield from _pull(sink)

    return convert, "pal8"


def _palette(segments: Segments) -> Any:
    """Return the palette of all frames as a picture of 16×16 pixels."""
    graph, source, sink = import_video("av").filter.Graph(), None, None
    for frame in decoded_frames(segments):
        if source is None:
            source = _add_source(graph, frame, "pictures")
            generate, sink = graph.add("palettegen"), graph.add("buffersink")
            source.link_to(generate)
            generate.link_to(sink)
            graph.configure()
        source.push(frame)
    assert source is not None
    source.push(None)
    (palette,) = _pull(sink)
    return palette


def _add_source(graph: Any, frame: Any, name: str) -> Any:
    return graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25), name=name
    )


def _pull(sink: Any) -> list[Any]:
    """Return the frames that are ready."""
    av, found = import_video("av"), []
    while True:
        try:
            found.append(sink.pull())
        except (av.BlockingIOError, av.EOFError):
            return found
