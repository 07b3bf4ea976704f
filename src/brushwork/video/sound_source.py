"""The source of a film's sound: the clip, another film, or a sound-only file."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

from brushwork.errors import InputError
from brushwork.storage.folders import expand_user
from brushwork.video.clip_info import ClipInfo, open_container
from brushwork.video.optional_imports import import_video
from brushwork.video.signatures import sound_demuxer_of

_AUDIBLE = 0.1
"""Seconds by which film and sound may differ in length without a note: encoded sound ends with a whole packet, which is
0.02 to 0.1 seconds long."""


@dataclass(frozen=True, kw_only=True)
class SoundSource:
    """A file that provides sound."""

    path: Path
    demuxer: str
    codecs: tuple[str, ...]
    """Codec of each audio track."""
    seconds: float
    """Duration according to the file; 0: it does not say."""
    start: Fraction = Fraction(0)
    """Time in seconds on the file's own clock at which it begins; a recorded broadcast can begin at any time."""

    @classmethod
    def of_clip(cls, info: ClipInfo) -> Self:
        """Return the clip as the source of its own sound."""
        return cls(path=info.path, demuxer=info.demuxer, codecs=info.audio, seconds=info.seconds)

    @classmethod
    def probe(cls, path: Path) -> Self:
        """Return a file with sound as a source, after decoding the beginning of its first track.

        Raises: InputError: the file cannot be used, or has no sound.
        """
        demuxer = sound_demuxer_of(path)
        with open_container(path, demuxer) as container:
            streams = container.streams.audio
            if not streams:
                raise InputError(f"{path} has no sound: give another file with --audio.")
            _require_decodable(path, container)
            codecs, start = tuple(one.codec_context.name for one in streams), _start(container)
            seconds = _duration(container, streams[0], demuxer, start)
            return cls(path=expand_user(path), demuxer=demuxer, codecs=codecs, seconds=seconds, start=start)

    def compare_length(self, film: Fraction) -> tuple[str, ...]:
        """Return a note if the sound is longer or shorter than a film of `film` seconds."""
        if not self.seconds or abs(self.seconds - film) <= _AUDIBLE:
            return ()
        lengths = f"the sound of {self.path.name} takes {self.seconds:.1f} s, the film {float(film):.1f} s"
        return (f"{lengths}: " + ("it is cut" if self.seconds > film else "the rest is silent"),)


def _require_decodable(path: Path, container: Any) -> None:
    av = import_video("av")
    try:
        is_sound = next(container.decode(audio=0), None) is not None
    except (av.FFmpegError, OSError, ValueError):
        is_sound = False
    if not is_sound:
        raise InputError(f"the sound of {path} cannot be decoded: give another file with --audio.")


def _start(container: Any) -> Fraction:
    """Return the time in seconds at which a file begins: that of its sound, or of a film's earlier pictures."""
    pictures = [one for one in container.streams.video if "ATTACHED_PIC" not in str(one.disposition)]
    return min(_start_of(one) for one in (*container.streams.audio, *pictures))


def _start_of(stream: Any) -> Fraction:
    return Fraction((stream.start_time or 0) * stream.time_base)


def _duration(container: Any, stream: Any, demuxer: str, start: Fraction) -> float:
    """Return the seconds from the start of a file to the end of a track, or of the file if the track's is unknown.

    Matroska, NUT, and Ogg with Opus store when the sound ends; others store how long it is.
    """
    if demuxer in ("matroska", "nut") or (demuxer == "ogg" and "opus" in stream.codec_context.name):
        begin = Fraction(0)
    else:
        begin = start if stream.duration is None else _start_of(stream)
    if stream.duration is None:
        length = Fraction(container.duration or 0, 1_000_000)
    else:
        length = stream.duration * stream.time_base
    return float(begin + length - start) if length else 0.0
