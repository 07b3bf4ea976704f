"""Films of optimized drafts beside AdaIN: processor seconds a frame, steadiness, and distances to film and painting.

    python bench/video/draft.py FRAMES PAINTING [--short 128] [--network alexnet]

FRAMES is the folder with frame_0001.png … of Sintel's alley_1 (see sintel.py). Warp errors are those of DIS at full
size; distances are those of the last frame, in a network that painted none of them.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import torch
from clips import dis_error, painted_in

from brushwork.feedforward.options import AdaINOptions
from brushwork.images import Size, read_image, resize
from brushwork.metrics import Evaluator
from brushwork.recipes import load_preset
from brushwork.video import FilmJob, FilmOptions, OptimizedFilmOptions
from brushwork.video.pair_measures import sharpness


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("frames", type=Path)
    parser.add_argument("painting", type=Path)
    parser.add_argument("--short", type=int, default=128)
    parser.add_argument("--network", default="alexnet")
    given = parser.parse_args()
    own = {"size": given.short, "measure": "short"}
    draft = replace(load_preset("default", "draft"), **own)
    evaluator = Evaluator.load(given.network, torch.device("cpu"))
    painting = read_image(given.painting).image
    with tempfile.TemporaryDirectory() as name:
        base = FilmJob(
            clip=given.frames / "frame_%04d.png",
            styles=(given.painting,),
            output=Path(name) / "out.mp4",
            method=AdaINOptions(**own),
            film=FilmOptions(cuts="none"),
            overwrite=True,
        )
        ways = {"AdaIN": base} | {
            f"draft, {later} iterations": replace(
                base, method=draft, optimized=OptimizedFilmOptions(first=draft.iterations, later=later, tolerance=0.0)
            )
            for later in (1, 2, 4, 8)
        }
        for title, job in ways.items():
            images, seconds = painted_in(job)
            found = evaluator(images[-1], content=films(given.frames, images)[-1], style=painting)
            print(
                f"{title:22} {seconds:6.2f} s a frame, warp error {dis_error(images, films(given.frames, images)):.5f}, sharpness "
                f"{sharpness(images[-1]):.4f}, Gram {found.gram_style:.4g}, content {found.content:.4g}, "
                f"LPIPS {found.lpips_alexnet:.3f}",
                flush=True,
            )


def films(folder: Path, images: list[torch.Tensor]) -> list[torch.Tensor]:
    """The frames of the film, at the size of the result."""
    files = sorted(folder.glob("frame_*.png"))
    return [resize(read_image(file).image, Size.of(images[0]), clamp=True) for file in files]


if __name__ == "__main__":
    main()
