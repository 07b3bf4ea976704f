"""Key frames against every frame optimized: steadiness, sharpness, how far apart they look, and processor seconds.

    python bench/video/keyframes.py CLIP PAINTING [--frames 24] [--size 64] [--every 8]

The flow of the measure is forward, at full size; the jobs warp by the backward flow.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import torch
from clips import dis_error, painted

from brushwork.images import Size
from brushwork.metrics import Lpips
from brushwork.recipes import load_preset
from brushwork.types import Image
from brushwork.video import FilmJob, FilmOptions, FrameSelection, OptimizedFilmOptions, open_clip
from brushwork.video.analysis import analyze_whole
from brushwork.video.frame_reader import FrameReader
from brushwork.video.pair_measures import sharpness


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("painting", type=Path)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--every", type=int, default=8)
    given = parser.parse_args()
    clip = open_clip(given.clip)
    selection = FrameSelection(end=float((given.frames - 0.5) / clip.info.rate))
    films: list[list[Image]] = []
    with tempfile.TemporaryDirectory() as name:
        job = FilmJob(
            clip=given.clip,
            styles=(given.painting,),
            output=Path(name) / "out.mp4",
            method=replace(load_preset("default"), size=given.size, measure="short"),
            film=FilmOptions(cuts="none"),
            selection=selection,
            audio="none",
            overwrite=True,
        )
        for every in (0, given.every):
            began = time.process_time()
            films.append(painted(replace(job, optimized=OptimizedFilmOptions(keyframes=every))))
            seconds = (time.process_time() - began) / len(films[-1])
            reader = FrameReader(clip, analyze_whole(clip, selection, "none"), Size.of(films[-1][0]))
            frames = [reader(number) for number in range(len(films[-1]))]
            clear = fmean(sharpness(one) for one in films[-1])
            print(
                f"key frames every {every or 1}: warp error {dis_error(films[-1], frames):.5f}, sharpness {clear:.4f}, "
                f"{seconds:.2f} processor seconds a frame",
                flush=True,
            )
    lpips = Lpips.load("alexnet").to(torch.device("cpu"))
    apart = fmean(float(lpips(one, other)) for one, other in zip(*films, strict=True))
    print(f"LPIPS between the two: {apart:.3f}")


if __name__ == "__main__":
    main()
