"""What a film keeps of its clip: frames, times, packets of sound, and colors.

    python bench/video/files.py CLIP [--frames 48]

The film is painted by a model at strength 0 and its own size: nothing is done but reading and writing. Printed: frames lost, the
largest difference of a time in ticks, whether the packets of sound are equal, and the mean error and bias of the levels
at crf 0, with colors at a quarter of the pixels (420) and at all (444).
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from pathlib import Path

import av
import numpy as np

from brushwork.feedforward.options import ModelOptions
from brushwork.video import FilmJob, FilmOptions, FrameSelection, open_clip, run_film

STILL = FilmOptions(consistency=0.0, denoise=False, align=False, statistics="frame")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--frames", type=int, default=48)
    given = parser.parse_args()
    info = open_clip(given.clip).info
    end = float((given.frames - 0.5) / info.rate)
    with tempfile.TemporaryDirectory() as name:
        for chroma in ("420", "444"):
            method = ModelOptions(model="gallery", style=("wave",), size="full", strength=0.0)
            job = FilmJob(
                clip=given.clip,
                output=Path(name) / f"{chroma}.mp4",
                method=method,
                film=STILL,
                selection=FrameSelection(end=end),
                crf=0,
                chroma=chroma,
            )
            list(run_film(job))
            compare(given.clip, job.output, given.frames, chroma, end)


def compare(clip: Path, film: Path, count: int, chroma: str, end: float) -> None:
    """Print what the film kept."""
    source, made = times(clip)[:count], times(film)
    late = max(abs(one - other) for one, other in zip(source, made, strict=False))
    apart = [
        two.levels.astype(float) - one.levels
        for one, two in zip(open_clip(clip).frames(), open_clip(film).frames(), strict=False)
    ]
    error = np.mean([np.abs(one).mean() for one in apart])
    bias = np.abs(np.mean([one.mean((0, 1)) for one in apart], 0)).max()
    print(
        f"{chroma}: {count - len(made)} frames lost, times within {late} of a tick, sound equal: "
        f"{sound(clip, end) == sound(film, end)}, levels within {error:.2f} on average, bias {bias:.2f}",
        flush=True,
    )


def times(path: Path) -> list[int]:
    """The time of each frame in ticks of the film."""
    with av.open(str(path)) as container:
        return [frame.pts for frame in container.decode(video=0)]


def sound(path: Path, end: float) -> str:
    """The hash of all packets of sound before a time."""
    hashes = hashlib.sha256()
    with av.open(str(path)) as container:
        for packet in container.demux(audio=0) if container.streams.audio else ():
            if packet.size and packet.pts * packet.time_base < end:
                hashes.update(bytes(packet))
    return hashes.hexdigest()


if __name__ == "__main__":
    main()
