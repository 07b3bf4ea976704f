"""Sound and subtitles of a film: copied packet by packet, or re-encoded if the container cannot hold them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

from brushwork.errors import InputError
from brushwork.video.clip_info import open_container
from brushwork.video.codecs import Container
from brushwork.video.optional_imports import import_video
from brushwork.video.sound_source import SoundSource

_OPUS_RATE = 48_000
_BIT_RATE, _BITS_PER_SAMPLE = 192_000, 4
"""Bits per second of re-encoded sound, and maximum bits per sample: AAC accepts no more than 6."""
_TEXT_SUBTITLES = ("mov_text", "subrip", "srt", "ass", "ssa", "text", "webvtt")
_TRACK_TAGS = ("language", "title")

TimedPacket: TypeAlias = tuple[Fraction, int, Any]
"""Decoding time in seconds, track number, and packet."""


@dataclass(frozen=True)
class Soundtrack:
    """The sound and subtitles that a film gets."""

    source: SoundSource | None
    """The file that provides them; None: silence."""
    start: Fraction | None = None
    """Time in seconds at which they begin in the source; earlier parts are left out."""
    end: Fraction | None = None
    shift: Fraction = Fraction(0)
    """Seconds by which their times are shifted, like those of the pictures."""


@dataclass(frozen=True)
class Track:
    """A track of sound or text, and the output track made from it."""

    source: Any
    target: Any
    is_copied: bool


def add_tracks(source: Any, film: Any, container: Container) -> tuple[list[Track], list[str]]:
    """Add the tracks of sound and text to a film; return them, and notes about changed or missing ones."""
    tracks, notes = [], []
    for stream in source.streams.audio:
        tracks.append(_add_sound(stream, film, container))
        if not tracks[-1].is_copied:
            notes.append(
                f"the sound is {stream.codec_context.name}, which {container.muxer} does not hold: encoded as "
                f"{container.audio_encoder}"
            )
    for stream in source.streams.subtitles:
        name = stream.codec_context.name
        if name in container.subtitles:
            tracks.append(Track(stream, film.add_stream_from_template(stream), True))
        elif name in _TEXT_SUBTITLES and container.subtitle_encoder:
            tracks.append(_add_text(stream, film, container.subtitle_encoder))
        else:
            kind = "text" if name in _TEXT_SUBTITLES else "picture"
            notes.append(f"the {kind} subtitles ({name}) are left out: write to .mkv, which holds them")
    for one in tracks:
        one.target.metadata.update({name: text for name, text in one.source.metadata.items() if name in _TRACK_TAGS})
    return tracks, notes


def _add_sound(stream: Any, film: Any, container: Container) -> Track:
    context = stream.codec_context
    if not container.audio or context.name in container.audio:
        return Track(stream, film.add_stream_from_template(stream), True)
    rate = _OPUS_RATE if "opus" in container.audio_encoder else context.sample_rate
    target = film.add_stream(container.audio_encoder, rate=rate)
    target.codec_context.layout = _layout(context.layout)
    target.codec_context.bit_rate = min(_BIT_RATE, _BITS_PER_SAMPLE * rate * context.layout.nb_channels)
    return Track(stream, target, False)


def _layout(layout: Any) -> str:
    """Return the name of a layout; PCM often gives only the number of channels."""
    named = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
    return named.get(layout.nb_channels, "stereo") if layout.name.endswith("channels") else str(layout.name)


def _add_text(stream: Any, film: Any, encoder: str) -> Track:
    """Add a text track in another format; its header holds the styles, which FFmpeg keeps in ASS format."""
    target = film.add_stream(encoder)
    stream.codec_context.open(strict=False)
    target.codec_context.subtitle_header = stream.codec_context.subtitle_header
    return Track(stream, target, False)


def track_packets(soundtrack: Soundtrack, tracks: Sequence[Track]) -> list[Iterator[TimedPacket]]:
    """Return one iterator of timed packets for each track; each reads the source independently."""
    return [_packets(soundtrack, track, number) for number, track in enumerate(tracks, start=1)]


def _packets(soundtrack: Soundtrack, track: Track, number: int) -> Iterator[TimedPacket]:
    source = soundtrack.source
    assert source is not None
    with open_container(source.path, source.demuxer) as container:
        stream = container.streams[track.source.index]
        encode = None if track.is_copied else _transcoder(stream, track.target, source.path)
        for packet in container.demux(stream):
            if packet.pts is None and packet.dts is None:
                continue
            time = (packet.pts if packet.pts is not None else packet.dts) * packet.time_base
            if soundtrack.start is not None and time < soundtrack.start:
                continue
            if soundtrack.end is not None and time >= soundtrack.end:
                break
            for one in [packet] if encode is None else encode(packet):
                yield _shift_time(one, soundtrack.shift, track.target), number, one
        for one in encode.flush() if encode else ():
            yield _shift_time(one, soundtrack.shift, track.target), number, one


def _shift_time(packet: Any, shift: Fraction, stream: Any) -> Fraction:
    """Shift a packet's times, assign it to a stream, and return its decoding time."""
    ticks = round(shift / packet.time_base)
    packet.pts = None if packet.pts is None else packet.pts + ticks
    packet.dts = packet.pts if packet.dts is None else packet.dts + ticks
    packet.stream = stream
    time: Fraction = packet.dts * packet.time_base
    return time


def _transcoder(stream: Any, target: Any, path: Path) -> _SoundTranscoder | _TextTranscoder:
    return _SoundTranscoder(target, path) if stream.type == "audio" else _TextTranscoder(stream, target)


class _SoundTranscoder:
    """Decodes packets of sound and encodes them for another stream."""

    def __init__(self, stream: Any, path: Path) -> None:
        self._stream, self._path = stream, path
        context = stream.codec_context
        self._resampler = import_video("av").AudioResampler(
            format=context.format or "fltp", layout=context.layout, rate=context.sample_rate
        )

    def __call__(self, packet: Any) -> list[Any]:
        """Return the encoded packets made from a packet.

        Raises: InputError: the packet is damaged.
        """
        frames = [resampled for frame in self._decode(packet) for resampled in self._resampler.resample(frame)]
        return [one for frame in frames for one in self._stream.encode(frame)]

    def _decode(self, packet: Any) -> list[Any]:
        try:
            return list(packet.decode())
        except import_video("av").FFmpegError as error:
            raise InputError(
                f"the sound of {self._path} is damaged ({error.strerror}): what is painted is kept; finish it with "
                "--resume and --audio none, or with the sound of another file."
            ) from error

    def flush(self) -> list[Any]:
        """Return the packets left at the end."""
        return list(self._stream.encode(None))


class _TextTranscoder:
    """Decodes lines of text and encodes them for another stream, without changing their times."""

    def __init__(self, stream: Any, target: Any) -> None:
        self._decoder, self._encoder = stream.codec_context, target.codec_context

    def __call__(self, packet: Any) -> list[Any]:
        """Return the encoded packet made from a packet; none for the gaps between lines, which MP4 stores."""
        lines = self._decoder.decode2(packet) if packet.size else None
        if lines is None or not len(lines):
            return []
        encoded = self._encoder.encode_subtitle(lines)
        encoded.time_base, encoded.pts, encoded.dts = packet.time_base, packet.pts, packet.pts
        encoded.duration = packet.duration
        return [encoded]

    def flush(self) -> list[Any]:
        """Return nothing: no line waits for another."""
        return []
