"""Join the segments of a film, with the sound, subtitles and chapters of its source."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

from brushwork.video.clip_info import open_container
from brushwork.video.film_tracks import Soundtrack, Track, add_tracks, track_packets
from brushwork.video.optional_imports import import_video
from brushwork.video.segment_file import FilmFormat, container_options


def write_film(
    path: Path,
    segments: Sequence[tuple[Path, Sequence[int]]],
    format: FilmFormat,
    soundtrack: Soundtrack,
    metadata: Mapping[str, str],
) -> tuple[str, ...]:
    """Write a film from its segments and the time stamps of their frames; return notes for the user.

    Pictures are copied packet by packet, and so is sound that the container accepts; other sound is re-encoded.
    """
    av = import_video("av")
    options = container_options(format)
    muxer = format.encoding.container.muxer
    if muxer in ("mp4", "mov"):
        options["movflags"] = "+faststart+use_metadata_tags"
    else:  # sound that begins before the pictures must not shift them
        options["avoid_negative_ts"] = "disabled"
    with ExitStack() as stack:
        first = stack.enter_context(av.open(str(segments[0][0])))
        film = stack.enter_context(av.open(str(path), "w", format=muxer, options=options))
        pictures = film.add_stream_from_template(first.streams.video[0])
        pictures.time_base = format.time_base
        pictures.codec_context.framerate = format.rate  # otherwise Matroska has none, and takes one tick for a frame
        tracks: list[Track] = []
        notes: list[str] = []
        if soundtrack.source is not None:
            source = stack.enter_context(open_container(soundtrack.source.path, soundtrack.source.demuxer))
            tracks, notes = add_tracks(source, film, format.encoding.container)
            film.metadata.update({name: value for name, value in source.metadata.items() if name not in _OWN_TAGS})
            _copy_chapters(source, film, soundtrack)
        film.metadata.update(metadata)
        sources = [_picture_packets(segments, pictures, format), *track_packets(soundtrack, tracks)]
        for _, _, packet in heapq.merge(*sources, key=lambda one: one[0]):
            film.mux(packet)
    return tuple(notes)


_OWN_TAGS = ("encoder", "major_brand", "minor_version", "compatible_brands", "creation_time")
"""Tags that describe the source's file rather than its content."""


def _copy_chapters(source: Any, film: Any, soundtrack: Soundtrack) -> None:
    if soundtrack.start is None and soundtrack.end is None and (chapters := source.chapters()):
        film.set_chapters(chapters)


def _picture_packets(
    segments: Sequence[tuple[Path, Sequence[int]]], stream: Any, format: FilmFormat
) -> Iterator[tuple[Fraction, int, Any]]:
    """Yield the packets of all segments in decoding order, with the time stamps of the film.

    A packet's rank in its segment identifies its frame, so that no container rounds its time. Decoding times are the
    sorted presentation times, delayed by as many frames as the encoder reorders.
    """
    av = import_video("av")
    stamps = [pts for _, times in segments for pts in times]
    delay, number, base = 0, 0, 0
    for path, _ in segments:
        with av.open(str(path)) as container:
            delay = max(delay, _delay([one.pts for one in container.demux(video=0) if one.pts is not None]))
    step = (stamps[1] - stamps[0]) if len(stamps) > 1 else 1
    for path, times in segments:
        with av.open(str(path)) as container:
            packets = [one for one in container.demux(video=0) if one.pts is not None]
            ranks = {pts: rank for rank, pts in enumerate(sorted(one.pts for one in packets))}
            for packet in packets:
                rank = base + ranks[packet.pts]
                length = (stamps[rank + 1] - stamps[rank]) if rank + 1 < len(stamps) else step
                packet.time_base, packet.pts, packet.duration = format.time_base, stamps[rank], length
                packet.dts = stamps[number - delay] if number >= delay else stamps[0] - (delay - number) * step
                packet.stream = stream
                yield packet.dts * format.time_base, 0, packet
                number += 1
        base += len(times)


def _delay(times: Sequence[int]) -> int:
    """Return by how many frames decoding runs ahead of presentation."""
    order = {pts: rank for rank, pts in enumerate(sorted(times))}
    return max((place - order[pts] for place, pts in enumerate(times)), default=0)
