"""Memory and disk that a film takes, for clips of several lengths: both stay the same, but for the film itself.

    python bench/video/length.py CLIP PAINTING [--frames 24 240] [--size 96]

Printed for each length: seconds, most memory of the process (RSS), most that the working folder held beside the segments
that are closed, and their size at the end. Each length is painted in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

from brushwork.feedforward.options import AdaINOptions
from brushwork.video import FilmJob, FrameSelection, open_clip, run_film
from brushwork.video.events import SegmentDone


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("painting", type=Path)
    parser.add_argument("--frames", type=int, nargs="+", default=[24, 240])
    parser.add_argument("--size", type=int, default=96)
    given = parser.parse_args()
    rate = open_clip(given.clip).info.rate
    for frames in given.frames:
        process = os.fork()
        if process == 0:
            paint(given.clip, given.painting, given.size, float((frames - 0.5) / rate))
            os._exit(0)
        os.waitpid(process, 0)


def paint(clip: Path, painting: Path, size: int, end: float) -> None:
    """Paint the beginning of a clip, and print what it took."""
    with tempfile.TemporaryDirectory() as name:
        method = AdaINOptions(size=size, measure="short")
        job = FilmJob(
            clip=clip,
            styles=(painting,),
            output=Path(name) / "out.mp4",
            method=method,
            selection=FrameSelection(end=end),
        )
        began, most, frames = time.monotonic(), 0, 0
        closed: dict[Path, int] = {}
        for event in run_film(job):
            if isinstance(event, SegmentDone):
                closed[event.path] = event.path.stat().st_size
                frames += event.frames
            files = job.workspace.glob("frames/*")
            most = max(most, sum(one.stat().st_size for one in files))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(
            f"{frames} frames in {time.monotonic() - began:.0f} s: {memory:.2f} GB of memory, open segment at most "
            f"{most / 1e6:.1f} MB, closed ones {sum(closed.values()) / 1e6:.1f} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
