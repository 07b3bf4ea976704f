"""What is known about a clip before its frames are decoded."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from brushwork.errors import InputError
from brushwork.images.geometry import MAX_PIXELS, Size, require_size
from brushwork.storage.folders import expand_user
from brushwork.video.optional_imports import import_video
from brushwork.video.signatures import demuxer_of

_MATRICES = {1: "ITU709", 4: "FCC", 5: "ITU601", 6: "SMPTE170M", 7: "SMPTE240M", 9: "BT2020", 10: "BT2020"}
"""AVColorSpace → swscale's name; all other values count as untagged."""
_HD_LINES = 720
"""Minimum lines of an untagged clip that has the color matrix of high definition."""
_FULL_RANGE = 2
_HDR = {16: "PQ", 18: "HLG"}
"""AVColorTransferCharacteristic of clips with high dynamic range."""
_BITS = 8

ONLY_FILES = {"protocol_whitelist": "file"}
"""FFmpeg option: anything that a clip refers to is read from local files only."""


@dataclass(frozen=True, kw_only=True)
class ClipInfo:
    """Stream information of a clip."""

    path: Path
    demuxer: str
    size: Size
    """Size when upright and with square pixels."""
    coded_size: Size
    rotation: int = 0
    """Degrees by which the decoded picture is rotated counterclockwise for display: 0, 90, 180 or 270."""
    bits: int = 8
    """Bits per sample, 8 or more."""
    matrix: str = "RGB"
    """swscale's name for the color matrix of the samples; RGB for clips without one."""
    is_full_range: bool = True
    time_base: Fraction
    """Duration of a tick in seconds."""
    rate: Fraction
    """Average frames per second."""
    frames: int
    """Number of frames according to the file; 0: it does not say."""
    seconds: float
    """Duration according to the file; 0: it does not say."""
    has_alpha: bool
    is_interlaced: bool = False
    codec: str
    audio: tuple[str, ...] = ()
    """Codec of each audio track."""
    subtitles: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """Notes for the user on how the clip is read."""


def open_container(path: Path, demuxer: str) -> Any:
    """Open a film or sound file for reading with the demuxer of its container, for use in a `with` statement.

    Raises: InputError: the file is damaged or truncated.
    """
    av = import_video("av")
    try:
        return av.open(str(expand_user(path).absolute()), format=demuxer, options=ONLY_FILES)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise InputError(
            f"{path} is damaged or incomplete ({getattr(error, 'strerror', None) or error}): get it again."
        ) from error


def probe_clip(path: Path) -> ClipInfo:
    """Return the stream information of a clip, after decoding its first frame.

    Raises: InputError: the file is not a film, has no pictures, is damaged, or has high dynamic range.
    """
    demuxer = demuxer_of(path)
    with open_container(path, demuxer) as container:
        if not container.streams.video:
            raise InputError(f"{path} has sound and no pictures: give a film.")
        stream = container.streams.video[0]
        frame = _first_frame(path, container, stream)
        require_size(str(path), Size(frame.height, frame.width), MAX_PIXELS)
        _require_no_hdr(path, stream, frame)
        return _info(path, demuxer, container, stream, frame)


def _first_frame(path: Path, container: Any, stream: Any) -> Any:
    av = import_video("av")
    try:
        frame = next(container.decode(stream), None)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise InputError(f"the film {path} cannot be decoded ({error}): get it again.") from error
    if frame is None:
        raise InputError(f"the film {path} has no frames.")
    return frame


def _require_no_hdr(path: Path, stream: Any, frame: Any) -> None:
    transfer = int(frame.color_trc or 0) or int(stream.codec_context.color_trc or 0)
    dolby = any("DOVI" in str(one.type) or "DOLBY" in str(one.type).upper() for one in frame.side_data)
    if transfer in _HDR or dolby:
        kind = "Dolby Vision" if dolby and transfer not in _HDR else f"high dynamic range ({_HDR[transfer]})"
        raise InputError(
            f"{path} is in {kind}, and would come out washed out: convert it first, for example with ffmpeg -i "
            f"{path.name} -vf zscale=t=linear:npl=100,tonemap=hable,zscale=p=bt709:t=bt709:m=bt709:r=tv,"
            "format=yuv420p sdr.mp4"
        )


def _info(path: Path, demuxer: str, container: Any, stream: Any, frame: Any) -> ClipInfo:
    coded, rotation = Size(frame.height, frame.width), round(frame.rotation / 90) * 90 % 360
    matrix, is_full = _colors(frame)
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    notes = [] if not frame.interlaced_frame else ["the film is interlaced: each frame is made of both its fields"]
    if len(container.streams.video) > 1 and "ATTACHED_PIC" not in str(container.streams.video[1].disposition):
        notes.append(f"{path.name} has {len(container.streams.video)} tracks of pictures: the first one is painted")
    return ClipInfo(
        path=path,
        demuxer=demuxer,
        size=_upright(coded, stream.sample_aspect_ratio, rotation),
        coded_size=coded,
        rotation=rotation,
        bits=max([one.bits for one in frame.format.components] or [_BITS]),
        matrix=matrix,
        is_full_range=is_full,
        time_base=Fraction(stream.time_base or 1 / rate),
        rate=Fraction(rate),
        frames=stream.frames,
        seconds=_duration(container, stream),
        has_alpha=_has_alpha(frame.format),
        is_interlaced=bool(frame.interlaced_frame),
        codec=stream.codec_context.name,
        audio=tuple(one.codec_context.name for one in container.streams.audio),
        subtitles=tuple(one.codec_context.name for one in container.streams.subtitles),
        notes=tuple(notes),
    )


def _upright(coded: Size, aspect: Fraction | None, rotation: int) -> Size:
    """Return the upright size with square pixels; the longer side of a pixel is stretched, nothing is shrunk."""
    height, width = coded
    if aspect and aspect > 0:
        width, height = (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))
    return Size(width, height) if rotation % 180 else Size(height, width)


def _colors(frame: Any) -> tuple[str, bool]:
    if frame.format.is_rgb or frame.format.has_palette:
        return "RGB", True
    full = int(frame.color_range or 0) == _FULL_RANGE or "yuvj" in frame.format.name
    untagged = "ITU709" if frame.height >= _HD_LINES else "SMPTE170M"
    return _MATRICES.get(int(frame.colorspace or 0), untagged), full


def _has_alpha(format: Any) -> bool:
    return any(one.is_alpha for one in format.components) or format.name in ("pal8", "rgba64be", "rgba64le")


def _duration(container: Any, stream: Any) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return float(container.duration or 0) / 1e6
