"""Encode a segment of a film into its own file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.storage.atomic import atomic_write
from brushwork.video.codecs import Encoding, make_video_stream
from brushwork.video.color_conversion import from_rgb
from brushwork.video.optional_imports import import_video

BITEXACT = {"fflags": "+bitexact"}
"""Muxer option: write no version, time or random number."""


@dataclass(frozen=True)
class FilmFormat:
    """The common format of all segments of a film."""

    encoding: Encoding
    size: Size
    time_base: Fraction
    rate: Fraction


def container_options(format: FilmFormat) -> dict[str, str]:
    """Return the options of a container, which make it reproducible, and give MP4 the film's own ticks."""
    if format.encoding.container.muxer not in ("mp4", "mov"):
        return dict(BITEXACT)
    ticks = format.time_base.denominator if format.time_base.numerator == 1 else 90_000
    return {**BITEXACT, "video_track_timescale": str(ticks)}


def write_segment(path: Path, frames: Iterable[tuple[int, NDArray[Any]]], format: FilmFormat) -> None:
    """Encode frames, given with their time stamps, into a file that appears complete or not at all.

    The file begins with a key frame and refers to nothing outside.
    """
    av = import_video("av")
    muxer = format.encoding.container.muxer if format.encoding.container.muxer in ("mp4", "mov") else "matroska"
    with (
        atomic_write(path, overwrite=True) as temporary,
        av.open(str(temporary), "w", format=muxer, options=container_options(format)) as container,
    ):
        stream = make_video_stream(container, format.encoding, format.size, format.time_base, format.rate)
        for pts, levels in frames:
            frame = from_rgb(levels, format.encoding.pixel_format)
            frame.pts, frame.time_base = pts, format.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def require_whole(path: Path, times: Sequence[int]) -> None:
    """Check that a segment has a packet for each of its frames, without decoding it.

    Raises: InputError: it is damaged or cut short.
    """
    av = import_video("av")
    try:
        with av.open(str(path)) as container:
            count = sum(packet.pts is not None for packet in container.demux(video=0))
    except (av.FFmpegError, IndexError):  # not a film, or one without pictures
        count = 0
    if count != len(times):
        raise InputError(
            f"{path} is damaged: {count} of its {len(times)} frames are there. Remove it, and --resume paints it again."
        )
