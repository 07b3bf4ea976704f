"""Join the segments of a film, with the sound, subtitles and chapters of its source."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from brushwork.video.clip_info import ClipInfo, open_container
from brushwork.video.codecs import Container
from brushwork.video.extra import import_video
from brushwork.video.segment_file import FilmFormat, container_options

_OPUS_RATE = 48_000
_BIT_RATE, _BITS_PER_SAMPLE = 192_000, 4
"""Bits a second of sound that is encoded anew, and the most for a sample: AAC takes no more than 6."""
_TEXT_SUBTITLES = ("mov_text", "subrip", "srt", "ass", "ssa", "text", "webvtt")


@dataclass(frozen=True)
class Soundtrack:
    """Which sound and subtitles a film gets."""

    source: ClipInfo | None
    """The film or sound file that they are taken from; None: silence."""
    start: Fraction | None = None
    """Second of the source from which they are taken; what lies before is left out."""
    end: Fraction | None = None
    shift: Fraction = Fraction(0)
    """Seconds by which their times are moved, as those of the pictures are."""


def write_film(
    path: Path,
    segments: Sequence[tuple[Path, Sequence[int]]],
    format: FilmFormat,
    soundtrack: Soundtrack,
    metadata: Mapping[str, str],
) -> tuple[str, ...]:
    """Write a film from its segments, given with the time stamps of their frames; return notes for the user.

    Pictures are copied packet by packet, and so is all sound that the container takes; other sound is encoded anew.
    """
    av = import_video("av")
    options = container_options(format)
    muxer = format.encoding.container.muxer
    if muxer in ("mp4", "mov"):
        options["movflags"] = "+faststart+use_metadata_tags"
    else:  # sound that begins before the pictures must not move them
        options["avoid_negative_ts"] = "disabled"
    with ExitStack() as stack:
        first = stack.enter_context(av.open(str(segments[0][0])))
        film = stack.enter_context(av.open(str(path), "w", format=muxer, options=options))
        pictures = film.add_stream_from_template(first.streams.video[0])
        pictures.time_base = format.time_base
        tracks: list[_Track] = []
        notes: list[str] = []
        if soundtrack.source is not None:
            source = stack.enter_context(open_container(soundtrack.source.path, soundtrack.source.demuxer))
            tracks, notes = _copied_tracks(source, film, format.encoding.container)
            film.metadata.update({name: value for name, value in source.metadata.items() if name not in _OWN_TAGS})
            _copy_chapters(source, film, soundtrack)
        film.metadata.update(metadata)
        sources = [_picture_packets(segments, pictures, format), *_sound(soundtrack, tracks)]
        for _, _, packet in heapq.merge(*sources, key=lambda one: one[0]):
            film.mux(packet)
    return tuple(notes)


_OWN_TAGS = ("encoder", "major_brand", "minor_version", "compatible_brands", "creation_time")
"""Tags that describe the file of the source, and not its content."""


def _copy_chapters(source: Any, film: Any, soundtrack: Soundtrack) -> None:
    if soundtrack.start is None and soundtrack.end is None and (chapters := source.chapters()):
        film.set_chapters(chapters)


def _picture_packets(
    segments: Sequence[tuple[Path, Sequence[int]]], stream: Any, format: FilmFormat
) -> Iterator[tuple[Fraction, int, Any]]:
    """Yield the packets of all segments in decoding order, with the time stamps of the film.

    A packet's rank in its segment tells which frame it is, so that no container rounds its time. Decoding times are
    the sorted times, delayed by as many frames as the encoder reorders.
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
    """Return by how many frames decoding runs ahead of showing."""
    order = {pts: rank for rank, pts in enumerate(sorted(times))}
    return max((place - order[pts] for place, pts in enumerate(times)), default=0)


@dataclass(frozen=True)
class _Track:
    source: Any
    target: Any
    is_copied: bool


def _copied_tracks(source: Any, film: Any, container: Container) -> tuple[list[_Track], list[str]]:
    """Add the tracks of sound and text that the container can have."""
    tracks, notes = [], []
    for stream in source.streams.audio:
        name = stream.codec_context.name
        if not container.audio or name in container.audio:
            tracks.append(_Track(stream, film.add_stream_from_template(stream), True))
            continue
        context = stream.codec_context
        rate = _OPUS_RATE if "opus" in container.audio_encoder else context.sample_rate
        target = film.add_stream(container.audio_encoder, rate=rate)
        target.codec_context.layout = _layout(context.layout)
        target.codec_context.bit_rate = min(_BIT_RATE, _BITS_PER_SAMPLE * rate * context.layout.nb_channels)
        tracks.append(_Track(stream, target, False))
        notes.append(
            f"the sound is {name}, which {container.muxer} does not hold: encoded as {container.audio_encoder}"
        )
    for stream in source.streams.subtitles:
        name = stream.codec_context.name
        if container.subtitle == "*" or name == container.subtitle:
            tracks.append(_Track(stream, film.add_stream_from_template(stream), True))
        else:
            kind = "text" if name in _TEXT_SUBTITLES else "picture"
            notes.append(f"the {kind} subtitles ({name}) are left out: write to .mkv, which holds them")
    return tracks, notes


def _layout(layout: Any) -> str:
    """Return the name of a layout; PCM often says only how many channels it has."""
    named = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
    return named.get(layout.nb_channels, "stereo") if layout.name.endswith("channels") else str(layout.name)


def _sound(soundtrack: Soundtrack, tracks: Sequence[_Track]) -> list[Iterator[tuple[Fraction, int, Any]]]:
    """Return one iterator of packets with their times for each track; each reads the source by itself."""
    assert not tracks or soundtrack.source is not None
    return [_track_packets(soundtrack, track, number) for number, track in enumerate(tracks, start=1)]


def _track_packets(soundtrack: Soundtrack, track: _Track, number: int) -> Iterator[tuple[Fraction, int, Any]]:
    source = soundtrack.source
    assert source is not None
    with open_container(source.path, source.demuxer) as container:
        stream = container.streams[track.source.index]
        encode = None if track.is_copied else _Transcoder(track.target)
        for packet in container.demux(stream):
            if packet.pts is None and packet.dts is None:
                continue
            time = (packet.pts if packet.pts is not None else packet.dts) * packet.time_base
            if soundtrack.start is not None and time < soundtrack.start:
                continue
            if soundtrack.end is not None and time >= soundtrack.end:
                break
            for one in [packet] if encode is None else encode(packet):
                yield _moved(one, soundtrack.shift, track.target), number, one
        for one in encode.flush() if encode else ():
            yield _moved(one, soundtrack.shift, track.target), number, one


def _moved(packet: Any, shift: Fraction, stream: Any) -> Fraction:
    """Move a packet's times, give it to a stream, and return its decoding time."""
    ticks = round(shift / packet.time_base)
    packet.pts = None if packet.pts is None else packet.pts + ticks
    packet.dts = packet.pts if packet.dts is None else packet.dts + ticks
    packet.stream = stream
    time: Fraction = packet.dts * packet.time_base
    return time


class _Transcoder:
    """Decodes packets of sound and encodes them for another stream."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        context = stream.codec_context
        self._resampler = import_video("av").AudioResampler(
            format=context.format or "fltp", layout=context.layout, rate=context.sample_rate
        )

    def __call__(self, packet: Any) -> list[Any]:
        """Return the encoded packets of a packet."""
        frames = [resampled for frame in packet.decode() for resampled in self._resampler.resample(frame)]
        return [one for frame in frames for one in self._stream.encode(frame)]

    def flush(self) -> list[Any]:
        """Return what is left at the end."""
        return list(self._stream.encode(None))
