"""Steadiness of each way on four frames of Sintel's alley_1, with the true flow from frame 2 to frame 3.

    python bench/video/sintel.py FRAMES PAINTING [--model NAME ...] [--optimize] [--short 218] [--network alexnet]

FRAMES is the folder with frame_0001.png … and gt_frame_0002.flo, gt_occlusions_frame_0002.png. Printed for each way:
warp error with the true flow, its ratio to frame by frame, sharpness relative to frame by frame, processor seconds a
frame. The first line is the film itself: its noise floor. With --network also the Gram distance to the painting and the
LPIPS to the film, in a network that painted none of the frames. Of several models, frame by frame and the default.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import torch
from clips import painted_in

from brushwork.feedforward.options import AdaINOptions
from brushwork.images import Size, read_image, resize
from brushwork.images.warp import resize_flow
from brushwork.metrics import Evaluator
from brushwork.recipes import load_preset
from brushwork.video import FilmJob, FilmOptions, OptimizedFilmOptions
from brushwork.video.flow_files import read_flow
from brushwork.video.pair_measures import sharpness, warp_error

sys.path.append(str(Path(__file__).parents[1]))  # the bench's own modules
from model_options import model_options

BY_ITSELF = FilmOptions(consistency=0.0, statistics="frame", align=False, denoise=False)
FRAME_BY_FRAME, DEFAULT = "frame by frame", "  and noise taken out (the default)"
WAYS = {
    FRAME_BY_FRAME: BY_ITSELF,
    "statistics of the shot": replace(BY_ITSELF, statistics="shot"),
    "  and aligned grid": replace(BY_ITSELF, statistics="shot", align=True),
    "  and consistency 0.5": FilmOptions(denoise=False),
    DEFAULT: FilmOptions(),
    "consistency 1": FilmOptions(consistency=1.0),
    "consistency 0.5, no flow": FilmOptions(flow="none"),
}
SEQUENCES = {
    "random start, no temporal loss": OptimizedFilmOptions(warm_start="random", temporal_weight=0.0),
    "previous frame as start": OptimizedFilmOptions(warm_start="previous", temporal_weight=0.0),
    "warped start": OptimizedFilmOptions(temporal_weight=0.0),
    "warped start, temporal loss": OptimizedFilmOptions(),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("frames", type=Path)
    parser.add_argument("painting", type=Path)
    parser.add_argument("--model", nargs="+", default=[])
    parser.add_argument("--network", help="an encoder that evaluates: alexnet")
    parser.add_argument("--optimize", action="store_true")
    parser.add_argument("--short", type=int, default=218)
    parser.add_argument("--first", type=int, default=200)
    parser.add_argument("--later", type=int, default=40)
    parser.add_argument("--keep", type=Path, help="keep the frames of each way in this folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "in"
        folder.mkdir()
        for file in sorted(given.frames.glob("frame_*.png")):
            shutil.copy(file, folder / file.name)
        own = {"size": given.short, "measure": "short"}
        films = [read_image(file).image for file in sorted(folder.iterdir())]
        for model in given.model or (None,):
            if given.optimize:
                method = replace(load_preset("default"), **own)
            else:
                method = model_options(model, **own) if model else AdaINOptions(**own)
            styles = () if model else (given.painting,)
            base = FilmJob(clip=folder, styles=styles, output=Path(name) / "out.mp4", method=method, overwrite=True)
            if model:
                print(model)
            report(ways_of(base, given), films, given)


def ways_of(base: FilmJob, given: argparse.Namespace) -> dict[str, FilmJob]:
    """A job for each way."""
    if not given.optimize:
        chosen = WAYS if len(given.model) < 2 else {title: WAYS[title] for title in (FRAME_BY_FRAME, DEFAULT)}
        return {title: replace(base, film=film) for title, film in chosen.items()}
    alone = replace(base, film=FilmOptions(cuts="none"))
    budgets = {"first": given.first, "later": given.later}
    jobs = {title: replace(alone, optimized=replace(one, **budgets)) for title, one in SEQUENCES.items()}
    random = "random start, no temporal loss"  # begins anew: as many iterations as the first frame
    jobs[random] = replace(jobs[random], optimized=replace(jobs[random].optimized, later=given.first))
    return jobs


def report(ways: dict[str, FilmJob], films: list[torch.Tensor], given: argparse.Namespace) -> None:
    """Print a line for each way."""
    own, truth = None, read_flow(given.frames / "gt_frame_0002.flo")
    evaluator = Evaluator.load(given.network, torch.device("cpu")) if given.network else None
    painting = read_image(given.painting).image
    print(f"{'way':38} {'warp error':>10} {'ratio':>6} {'sharpness':>9} {'s a frame':>9}")
    for title, job in ways.items():
        images, seconds = painted_in(job)
        size = Size.of(images[0])
        flow = resize_flow(truth, size)
        hidden = resize(read_image(given.frames / "gt_occlusions_frame_0002.png").image[:, :1], size) > 0.5
        error = warp_error(images[1], images[2], flow, hidden)
        clear = sharpness(images[1])
        if own is None:
            own = error, clear
            film = [resize(one, size, clamp=True) for one in films]
            print(f"{'the film':38} {warp_error(film[1], film[2], flow, hidden):10.5f}")
        print(f"{title:38} {error:10.5f} {error / own[0]:6.2f} {clear / own[1]:9.2f} {seconds:9.2f}", end="")
        if evaluator:
            seen = [evaluator(one, content=film[number], style=painting) for number, one in enumerate(images)]
            style, likeness = (
                fmean(float(getattr(one, name)) for one in seen) for name in ("gram_style", "lpips_alexnet")
            )
            print(f"   Gram distance {style:.4g}, LPIPS to the film {likeness:.3f}", end="")
        print(flush=True)
        if given.keep:
            from brushwork.images import write_image

            given.keep.mkdir(exist_ok=True, parents=True)
            for number, image in enumerate(images):
                write_image(image, given.keep / f"{title.strip().replace(' ', '-')}-{number}.png", overwrite=True)


if __name__ == "__main__":
    main()
