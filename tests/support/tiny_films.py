"""Tiny films, made with PyAV, and a network of random weights that paints them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch

from brushwork.feedforward.model import StyleModel
from brushwork.feedforward.networks.configs import JohnsonConfig
from brushwork.feedforward.networks.registry import architecture_name, build_network
from brushwork.feedforward.networks.spec import ModelConfig
from brushwork.feedforward.options import ModelOptions
from brushwork.feedforward.stylize import ModelStylizer
from brushwork.video.film_job import FilmJob
from brushwork.video.options import FilmOptions

HEIGHT, WIDTH, FRAMES = 48, 64, 12
SETTINGS = JohnsonConfig(width=4, blocks=1)
STILL = FilmOptions(consistency=0.0, denoise=False, align=False)
"""Nothing is done to the frames."""


def texture(height: int, width: int, seed: int = 0, cells: Sequence[int] = (4, 8, 16)) -> np.ndarray:
    """A texture of soft shapes, as 8-bit sRGB."""
    generator = torch.Generator().manual_seed(seed)
    image = torch.zeros(1, 3, height, width)
    for cell in cells:
        coarse = torch.rand(1, 3, height // cell + 2, width // cell + 2, generator=generator)
        image += torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic", align_corners=False) / len(
            cells
        )
    return (image[0].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()


def panned(count: int = FRAMES, step: int = 2, height: int = HEIGHT, width: int = WIDTH) -> list[np.ndarray]:
    """A texture that moves to the left by whole pixels."""
    whole = texture(height, width + step * count)
    return [np.ascontiguousarray(whole[:, step * number : step * number + width]) for number in range(count)]


def with_a_visitor(frames: list[np.ndarray], *visited: int) -> list[np.ndarray]:
    """The frames, with a square of another texture over a fifth of those that are visited."""
    frames, side = [frame.copy() for frame in frames], len(frames[0]) // 2
    for one in visited:
        frames[one][side // 2 : side // 2 + side, side // 2 : side // 2 + side] = 255 - texture(side, side, seed=3)
    return frames


def write_clip(
    path: Path,
    frames: Sequence[np.ndarray],
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    rate: int | Fraction = 12,
    times: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    options: dict[str, str] | None = None,
    seconds_of_sound: float = 0.0,
    sound: str = "aac",
    tracks: int = 1,
    rotation: int = 0,
    aspect: Fraction | None = None,
    colors: dict[str, int] | None = None,
    format: str | None = None,
) -> Path:
    """Write a film of the frames, and return its path."""
    with av.open(str(path), "w", format=format) as container:
        crf = {"crf": "0", "preset": "ultrafast"} if codec == "libx264" else {}
        stream = container.add_stream(codec, rate=rate, options={**crf, **(options or {})})
        stream.width, stream.height, stream.pix_fmt = frames[0].shape[1], frames[0].shape[0], pixel_format
        base = time_base or 1 / Fraction(rate)
        stream.time_base = stream.codec_context.time_base = base
        for name, value in (colors or {}).items():
            setattr(stream.codec_context, name, value)
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(rotation)
        sounds = [container.add_stream(sound, rate=16000) for _ in range(tracks if seconds_of_sound else 0)]
        for number, levels in enumerate(frames):
            kind = "rgb24" if levels.dtype == np.uint8 else "rgb48le"
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(levels), format=kind)
            frame.pts, frame.time_base = (times or range(len(frames)))[number], base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for number, one in enumerate(sounds):
            _sing(container, one, seconds_of_sound, 220 * (number + 1))
    return path


def write_sound(path: Path, seconds: float, codec: str, format: str | None = None, rate: int = 16000) -> Path:
    """Write a file of sound alone, and return its path."""
    with av.open(str(path), "w", format=format) as container:
        _sing(container, container.add_stream(codec, rate=rate), seconds, 220, rate)
    return path


def _sing(container, stream, seconds: float, pitch: float, rate: int = 16000) -> None:
    count = int(seconds * rate)
    wave = (np.sin(np.arange(count) * 2 * np.pi * pitch / rate) * 8000).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
    frame.sample_rate, frame.pts = rate, 0
    resampler = av.AudioResampler(format=stream.codec_context.format, layout=stream.codec_context.layout, rate=rate)
    for part in resampler.resample(frame):
        container.mux(stream.encode(part))
    container.mux(stream.encode(None))


def sound_packets(path: Path, track: int = 0) -> list[bytes]:
    """The packets of a track of sound."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(container.streams.audio[track]) if packet.size]


def frame_times(path: Path) -> tuple[list[int], Fraction]:
    """The time stamps of all frames as they are shown, and their time base."""
    with av.open(str(path)) as container:
        return [frame.pts for frame in container.decode(video=0)], container.streams.video[0].time_base


def pictures(path: Path) -> list[np.ndarray]:
    """All frames, by an independent conversion: through full chroma."""
    with av.open(str(path)) as container:
        return [
            frame.reformat(format="yuv444p").reformat(format="rgb24", src_colorspace=frame.colorspace).to_ndarray()
            for frame in container.decode(video=0)
        ]


def tiny_stylizer(settings: ModelConfig = SETTINGS) -> ModelStylizer:
    """A model of random weights."""
    network = build_network(settings, seed=4).eval().requires_grad_(False)
    model = StyleModel("tiny", architecture_name(settings), settings, network)
    return ModelStylizer(ModelOptions(size="full"), model)


def film_job(clip: Path, output: Path, strength: float = 1.0, **changes) -> FilmJob:
    """A job for the tiny model."""
    job = FilmJob(clip=clip, output=output, method=ModelOptions(size="full", strength=strength), device="cpu")
    return replace(job, **changes)
