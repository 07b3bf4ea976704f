"""Processor seconds a frame of each way, and how near the plan comes.

    python bench/video/pace.py CLIP PAINTING [--size 480] [--frames 12] [--ways instant model optimize keyframes]
            [--precision fast]

Processor seconds do not depend on what else the machine does, or nearly. Printed for each way: the first frame, and the
median of the others; the plan's seconds for the same frames beside them, in wall time as the plan counts. Of --instant,
also without filter, flow and noise. The analysis pass is measured by itself.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import fmean, median
from typing import get_args

from brushwork.choices import Precision
from brushwork.devices import keep_memory
from brushwork.feedforward.options import AdaINOptions, ModelOptions
from brushwork.recipes import load_preset
from brushwork.video import (
    FilmJob,
    FilmOptions,
    FrameDone,
    FrameSelection,
    OptimizedFilmOptions,
    open_clip,
    plan_film,
    run_film,
)
from brushwork.video.analysis import analyze_whole

BARE = FilmOptions(consistency=0.0, statistics="shot", align=False, denoise=False, cuts="none")
KEYS = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("painting", type=Path)
    parser.add_argument("--size", type=int, default=480)
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--ways", nargs="+", default=["instant", "bare", "model", "optimize", "keyframes"])
    parser.add_argument("--precision", default="auto", choices=get_args(Precision))
    parser.add_argument("--no-plan", action="store_true")
    given = parser.parse_args()
    if not {"optimize", "keyframes"} & {*given.ways}:
        keep_memory()  # as the command does for films by networks
    clip = open_clip(given.clip)
    selection = FrameSelection(end=float((given.frames - 0.5) / clip.info.rate))
    began = time.process_time()
    count = len(analyze_whole(clip, selection).frames)
    print(f"analysis: {(time.process_time() - began) / count * 1000:.1f} ms a frame", flush=True)
    with tempfile.TemporaryDirectory() as name:
        own = {"size": given.size, "measure": "short"}
        base = FilmJob(
            clip=given.clip,
            styles=(given.painting,),
            output=Path(name) / "out.mp4",
            method=AdaINOptions(**own),
            film=FilmOptions(cuts="none"),
            selection=selection,
            audio="none",
            overwrite=True,
        )
        optimized = replace(base, method=replace(load_preset("default"), precision=given.precision, **own))
        ways = {
            "instant": base,
            "bare": replace(base, film=BARE),
            "model": replace(base, styles=(), method=ModelOptions(model="gallery", style=("wave",), **own)),
            "optimize": optimized,
            "keyframes": replace(optimized, optimized=OptimizedFilmOptions(keyframes=KEYS)),
        }
        for way in given.ways:
            measure(way, ways[way], not given.no_plan)


def measure(way: str, job: FilmJob, is_planned: bool) -> None:
    """Print what the frames of a way took."""
    if is_planned:
        plan = plan_film(job)
    times, walls, began = [], [], time.process_time()
    start = time.monotonic()
    for event in run_film(job):
        if isinstance(event, FrameDone):
            times.append(time.process_time() - began)
            walls.append(event.seconds)
        began = time.process_time()
    later = fmean(times[1:]) if way == "keyframes" else median(times[1:])
    said = f"; wall {time.monotonic() - start:.0f} s, planned {plan.seconds:.0f} s" if is_planned else ""
    print(f"{way}: first {times[0]:.2f}, others {later:.2f} processor seconds a frame{said}", flush=True)


if __name__ == "__main__":
    main()
