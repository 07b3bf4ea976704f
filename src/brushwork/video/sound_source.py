"""The file that a film's sound is taken from: the clip, another film, or a file of sound alone."""

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
"""Seconds by which film and sound may differ in length without a note: coded sound ends with a whole packet, which is
0.02 to 0.1 seconds long."""


@dataclass(frozen=True, kw_only=True)
class SoundSource:
    """A file that sound is taken from."""

    path: Path
    demuxer: str
    codecs: tuple[str, ...]
    """Codec of each track of sound."""
    seconds: float
    """Duration that the file says it has; 0: it does not say."""

    @classmethod
    def of_clip(cls, info: ClipInfo) -> Self:
        """Return the clip as the source of its own sound."""
        return cls(path=info.path, demuxer=info.demuxer, codecs=info.audio, seconds=info.seconds)

    @classmethod
    def probe(cls, path: Path) -> Self:
        """Return what a file with sound is; the beginning of its first track is decoded for that.

        Raises: InputError: it cannot be used, or has no sound.
        """
        demuxer = sound_demuxer_of(path)
        with open_container(path, demuxer) as container:
            streams = container.streams.audio
            if not streams:
                raise InputError(f"{path} has no sound: give another file with --audio.")
            _require_decodable(path, container)
            codecs = tuple(one.codec_context.name for one in streams)
            return cls(path=expand_user(path), demuxer=demuxer, codecs=codecs, seconds=_duration(container, streams[0]))

    def compare_length(self, film: Fraction) -> tuple[str, ...]:
        """Return a note if the sound is longer or shorter than a film of so many seconds."""
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


def _duration(container: Any, stream: Any) -> float:
    """Return the seconds of a track, or of its file, which is all that some formats say."""
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    return float(container.duration or 0) / 1e6
