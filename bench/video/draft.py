"""Films of optimized drafts beside AdaIN: processor seconds a frame, steadiness, and distances to film and painting.

    python bench/video/draft.py FRAMES PAINTING [--short 128] [--network alexnet]

FRAMES is the folder with frame_0001.png … of Sintel's alley_1 (see sintel.py). Warp errors are those of DIS at full
size; distances are those of the last frame, in a network that painted none of them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import torch

from brushwork.feedforward.options import AdaINOptions
from brushwork.images import Size, read_image, resize
from brushwork.metrics import Evaluator
from brushwork.recipes import load_preset
from brushwork.video import FilmJob, FilmOptions, FrameDone, SequenceOptions, run_film
from brushwork.video.optical_flow import DisFlow
from brushwork.video.pair_measures import hidden_pixels, sharpness, warp_error


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
                base, method=draft, sequence=SequenceOptions(first=draft.iterations, later=later, tolerance=0.0)
            )
            for later in (1, 2, 4, 8)
        }
        for title, job in ways.items():
            images, seconds = painted(job)
            found = evaluator(images[-1], content=films(given.frames, images)[-1], style=painting)
            print(
                f"{title:22} {seconds:6.2f} s a frame, warp error {error(images, given.frames):.5f}, sharpness "
                f"{sharpness(images[-1]):.4f}, Gram {found.gram_style:.4g}, content {found.content:.4g}, "
                f"LPIPS {found.lpips_alexnet:.3f}",
                flush=True,
            )


def painted(job: FilmJob) -> tuple[list[torch.Tensor], float]:
    """The frames, and processor seconds of a frame but the first."""
    images, times, began = [], [], time.process_time()
    for event in run_film(job):
        if isinstance(event, FrameDone):
            images.append(event.image)
            times.append(time.process_time() - began)
        began = time.process_time()
    return images, fmean(times[1:])


def films(folder: Path, images: list[torch.Tensor]) -> list[torch.Tensor]:
    """The frames of the film, at the size of the result."""
    files = sorted(folder.glob("frame_*.png"))
    return [resize(read_image(file).image, Size.of(images[0]), clamp=True) for file in files]


def error(images: list[torch.Tensor], folder: Path) -> float:
    """Mean warp error of all pairs."""
    source, film = DisFlow("best", is_reduced=False), films(folder, images)
    errors = []
    for number in range(len(images) - 1):
        pair = source(film[number], film[number + 1])
        hidden = hidden_pixels(pair.flow, pair.backward)
        errors.append(warp_error(images[number], images[number + 1], pair.flow, hidden))
    return fmean(errors)


if __name__ == "__main__":
    main()
