"""Codecs and containers for writing films."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from brushwork.errors import InputError
from brushwork.options import require_option
from brushwork.video.optional_imports import import_video
from brushwork.video.options import Chroma, CodecName
from brushwork.video.sequence_names import is_sequence
from brushwork.video.signatures import ANIMATIONS

IMAGES = "PNG files"
"""Name in place of a container: every frame is a file of its own."""
_THREADS = "2"
"""Number of threads, fixed for all machines: the bits that x264 writes depend on it."""


@dataclass(frozen=True)
class Container:
    """A container format of films."""

    muxer: str
    codecs: tuple[CodecName, ...]
    audio: tuple[str, ...]
    """Audio codecs that are copied into it; empty: any."""
    audio_encoder: str
    """Encoder for all other sound."""
    subtitles: tuple[str, ...]
    """Subtitle codecs that are copied into it."""
    subtitle_encoder: str
    """Encoder for all other text subtitles."""

    @property
    def is_animation(self) -> bool:
        """Whether it is an animation or a set of pictures: without sound, and encoded as a whole at the end."""
        return self.muxer in (*ANIMATIONS, IMAGES)

    @property
    def holds_alpha(self) -> bool:
        """Whether the container holds the alpha of its codecs: MP4 has no place for VP9's."""
        return self.muxer != "mp4"


_MKV_SUBTITLES = ("srt", "subrip", "ass", "ssa", "webvtt", "hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle")
_MP4_AUDIO = ("aac", "mp3", "mp3float", "ac3", "eac3", "alac", "flac", "opus")

CONTAINERS: Mapping[str, Container] = {
    ".mp4": Container("mp4", ("h264", "hevc", "av1", "vp9"), _MP4_AUDIO, "aac", ("mov_text",), "mov_text"),
    ".m4v": Container("mp4", ("h264", "hevc"), _MP4_AUDIO, "aac", ("mov_text",), "mov_text"),
    ".mov": Container(
        "mov", ("prores", "h264", "hevc"), (*_MP4_AUDIO, "pcm_s16le", "pcm_s24le"), "aac", ("mov_text",), "mov_text"
    ),
    ".mkv": Container(
        "matroska", ("h264", "hevc", "av1", "vp9", "ffv1", "prores"), (), "aac", _MKV_SUBTITLES, "subrip"
    ),
    ".webm": Container("webm", ("vp9", "av1"), ("opus", "vorbis"), "libopus", ("webvtt",), "webvtt"),
    ".gif": Container("gif", ("ffv1",), (), "", (), ""),
    ".apng": Container("apng", ("ffv1",), (), "", (), ""),
    ".webp": Container("webp", ("ffv1",), (), "", (), ""),
    ".png": Container(IMAGES, ("ffv1",), (), "", (), ""),
}
"""Containers by the ending of the output's name; the first codec of each is the default."""


@dataclass(frozen=True)
class Codec:
    """An encoder and its settings."""

    encoder: str
    crf: int | None
    """Default constant rate factor; None: the codec has none."""
    options: Mapping[str, str]
    formats: Mapping[tuple[int, Chroma], str]
    """Pixel format for each number of bits (8 or 10) and chroma."""
    with_alpha: Mapping[int, str] = field(default_factory=dict)
    """Pixel format with alpha for each number of bits; empty: the codec has no alpha."""
    tag: str = ""
    """Code by which players recognize it, if it is not the container's default."""
    worst_crf: int = 51
    """Largest constant rate factor of the encoder."""


_YUV: Mapping[tuple[int, Chroma], str] = {
    (8, "420"): "yuv420p",
    (8, "444"): "yuv444p",
    (10, "420"): "yuv420p10le",
    (10, "444"): "yuv444p10le",
}

CODECS: Mapping[CodecName, Codec] = {
    "h264": Codec("libx264", 16, {"preset": "medium", "threads": _THREADS}, _YUV),
    "hevc": Codec("libx265", 19, {"preset": "medium", "x265-params": "log-level=error:pools=2"}, _YUV, tag="hvc1"),
    "av1": Codec(
        "libsvtav1",
        28,
        {"preset": "8", "svtav1-params": "lp=2"},
        {(8, "420"): "yuv420p", (10, "420"): "yuv420p10le"},
        worst_crf=63,
    ),
    "vp9": Codec(
        "libvpx-vp9",
        24,
        {"b": "0", "row-mt": "0", "threads": _THREADS, "cpu-used": "3"},
        {(8, "420"): "yuv420p", (8, "444"): "yuv444p"},
        {8: "yuva420p"},
        worst_crf=63,
    ),
    "prores": Codec(
        "prores_ks",
        None,
        {"profile": "3", "threads": _THREADS},
        {(10, "420"): "yuv422p10le", (10, "444"): "yuv444p10le"},
        {10: "yuva444p10le"},
    ),
    "ffv1": Codec(
        "ffv1",
        None,
        {"level": "3", "threads": _THREADS},
        {(8, "420"): "bgr0", (8, "444"): "bgr0", (10, "420"): "gbrp16le", (10, "444"): "gbrp16le"},
        {8: "bgra", 10: "gbrap16le"},
    ),
}


@dataclass(frozen=True)
class Encoding:
    """The encoding of a film's pictures."""

    container: Container
    codec: CodecName
    bits: int
    chroma: Chroma = "420"
    crf: int | None = None
    has_alpha: bool = False

    @property
    def name(self) -> str:
        """Name of the film's codec."""
        return self.container.muxer if self.container.is_animation else self.codec

    @property
    def kept_bits(self) -> int:
        """Bits per sample in which frames are stored until they are encoded: 8, or 16 for films with more."""
        return 8 if self.bits == 8 else 16

    @property
    def pixel_format(self) -> str:
        """Name of the encoded pixel format."""
        if self.has_alpha:
            return CODECS[self.codec].with_alpha[self.bits]
        return CODECS[self.codec].formats[self.bits, self.chroma]

    @property
    def segment_suffix(self) -> str:
        """Ending of the segments' file names."""
        return f".{self.container.muxer}" if self.container.muxer in ("mp4", "mov") else ".mkv"

    def encoder_options(self) -> dict[str, str]:
        """Return the options of the encoder."""
        own = CODECS[self.codec]
        crf = own.crf if self.crf is None else self.crf
        profile = {"profile": "4"} if self.has_alpha and self.codec == "prores" else {}  # ProRes 4444
        return {**own.options, **profile, **_reproducible(own), **({} if crf is None else {"crf": str(crf)})}


def _reproducible(codec: Codec) -> dict[str, str]:
    """Return the options that make equal frames always encode to equal bytes.

    x264's AVX-512 code for macroblock trees reads memory that was never written, as seen with frames of 64×48 pixels;
    with AVX2, its results equal those without any such code.
    """
    if codec.encoder == "libx264" and "AVX512" in torch.backends.cpu.get_cpu_capability():
        return {"x264-params": "asm=AVX2"}
    return {}


_SEQUENCE = "a film is written to a file such as out.mp4, or to pictures such as out/%04d.png"


def choose_encoding(
    output: Path, codec: CodecName | None, chroma: Chroma, crf: int | None, bits: int, has_alpha: bool = False
) -> Encoding:
    """Return the encoding of a film; `bits` and alpha are the source's. Alpha is left out if the codec has none.

    Raises: InputError: the ending is not that of a film, or the codec, chroma or crf does not suit it.
    """
    container = CONTAINERS.get(output.suffix.lower())
    if container is None:
        raise InputError(
            f"{output.name} is not a film's name: it must end in {', '.join(CONTAINERS)} (the last as %04d.png)."
        )
    if (container.muxer == IMAGES) != is_sequence(output):
        raise InputError(f"{output.name} names {'films' if is_sequence(output) else 'one picture'}: {_SEQUENCE}.")
    name = codec or container.codecs[0]
    if container.is_animation and (codec or crf is not None):
        raise InputError(f"{output.suffix} has its own codec and no crf: remove --codec and --crf.")
    if name not in container.codecs:
        raise InputError(f"{output.suffix} does not hold {name}: take one of {', '.join(container.codecs)}, or .mkv.")
    own = CODECS[name]
    _require_encoder(own.encoder, name)
    if crf is not None:
        _require_crf(crf, own, name)
    deepest = max(depth for depth, kind in own.formats if kind == chroma) if _has(own, chroma) else 0
    if not deepest:
        raise InputError(f"{name} has no chroma {chroma}: take --chroma 420, or another --codec.")
    least = min(depth for depth, kind in own.formats if kind == chroma)
    depth = (
        8 if container.is_animation and container.muxer != IMAGES else max(least, min(deepest, 8 if bits <= 8 else 10))
    )
    keeps_alpha = has_alpha and container.holds_alpha and depth in own.with_alpha
    return Encoding(container, name, depth, chroma, crf, keeps_alpha)


def _require_crf(crf: int, codec: Codec, name: str) -> None:
    if codec.crf is None:
        raise InputError(f"{name} has no crf: remove --crf.")
    require_option(0 <= crf <= codec.worst_crf, "crf", crf, f"from 0 to {codec.worst_crf} for {name}")


def _has(codec: Codec, chroma: Chroma) -> bool:
    return any(kind == chroma for _, kind in codec.formats)


def _require_encoder(encoder: str, name: str) -> None:
    av = import_video("av")
    try:
        av.Codec(encoder, "w")
    except (ValueError, av.FFmpegError) as error:
        raise InputError(f"{name} cannot be written here: this PyAV has no {encoder}. Take another --codec.") from error


def make_video_stream(container: Any, encoding: Encoding, size: Any, time_base: Any, rate: Any) -> Any:
    """Add the video stream to an output container and return it."""
    own = CODECS[encoding.codec]
    stream = container.add_stream(own.encoder, rate=rate, options=encoding.encoder_options())
    stream.width, stream.height, stream.pix_fmt = size.width, size.height, encoding.pixel_format
    context = stream.codec_context
    stream.time_base = context.time_base = time_base
    if "yuv" in encoding.pixel_format:
        context.colorspace = context.color_primaries = context.color_trc = 1
        context.color_range = 1
    if own.tag and encoding.container.muxer in ("mp4", "mov"):
        context.codec_tag = own.tag
    return stream
