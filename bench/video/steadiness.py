"""Steadiness on generated clips, whose motion is known exactly.

    python bench/video/steadiness.py PAINTING [--optimize]

Printed: warp error of AdaIN on pans by whole and by half pixels, with an aligned grid against without; change of a still
film, without and with film noise (standard deviation 2 of 255), and drift of its brightness over 100 frames. With
--optimize: how far what was hidden for 8 frames comes back as it was, with --long-term 1 9 against 1.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import torch
from clips import painted, pan, pan_error, texture, write_clip

from brushwork.feedforward.options import AdaINOptions
from brushwork.images import Size
from brushwork.recipes import load_preset
from brushwork.types import Image
from brushwork.video import FilmJob, FilmOptions, OptimizedFilmOptions

BY_ITSELF = FilmOptions(consistency=0.0, statistics="frame", align=False, denoise=False, cuts="none")
FIXED = replace(BY_ITSELF, statistics="shot")
SIZE = Size(160, 224)
HIDDEN = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("painting", type=Path)
    parser.add_argument("--optimize", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        method = AdaINOptions(size="full")
        base = FilmJob(
            clip=folder / "in.mkv", styles=(given.painting,), output=folder / "out.mkv", method=method, overwrite=True
        )
        if given.optimize:
            long_term(base)
        else:
            pans(base)
            still(base)


def pans(base: FilmJob) -> None:
    """Warp errors with the aligned grid against those without, statistics fixed."""
    whole = texture(Size(SIZE.height, SIZE.width + 32))
    for step in (3.0, 2.5):
        write_clip(base.clip, pan(whole, SIZE, 6, step))
        free, aligned = (painted(replace(base, film=replace(FIXED, align=align))) for align in (False, True))
        for margin in (16, 32):  # what the network sees of a border changes as the camera moves
            apart, together = (pan_error(images, step, margin) for images in (free, aligned))
            print(
                f"pan by {step} pixels, {margin} from the border: {apart:.5f}, aligned grid {together:.5f}, "
                f"{together / apart:.3f} of it",
                flush=True,
            )


def still(base: FilmJob) -> None:
    """Change from frame to frame where nothing moves."""
    image = texture(SIZE)
    write_clip(base.clip, [image] * 6)
    print(f"still: largest change {largest(painted(replace(base, film=FilmOptions(cuts='none')))):.6f}")
    generator = torch.Generator().manual_seed(1)

    def noisy(one: Image) -> Image:
        return (one + 2 / 255 * torch.randn(one.shape, generator=generator)).clamp(0, 1)

    write_clip(base.clip, [noisy(image) for _ in range(8)])
    alone, film = (change(painted(replace(base, film=one))) for one in (BY_ITSELF, FilmOptions(cuts="none")))
    print(f"still with noise: change {alone:.5f} frame by frame, {film:.5f} as a film, {film / alone:.2f} of it")
    small = texture(Size(64, 96))
    write_clip(base.clip, [noisy(small) for _ in range(100)])
    means = [float(one.mean()) * 255 for one in painted(replace(base, film=FilmOptions(cuts="none")))]
    print(
        f"drift of brightness over 100 frames: {means[-1] - means[0]:+.3f} of 255, range {max(means) - min(means):.3f}"
    )


def largest(images: list[Image]) -> float:
    """The largest change of any pixel."""
    return max(float((a - b).abs().max()) for a, b in pairwise(images))


def change(images: list[Image]) -> float:
    """Mean change of a pixel, after the first frames."""
    return fmean(float((a - b).abs().mean()) for a, b in pairwise(images[2:]))


def long_term(base: FilmJob) -> None:
    """Mean square of what was hidden for some frames, before and after."""
    size, side = Size(64, 96), 32
    back, front = texture(size, 3), texture(Size(side, side), 7)
    covered = back.clone()
    place = (..., slice(16, 16 + side), slice(32, 32 + side))
    covered[place] = front
    write_clip(base.clip, [back, *[covered] * HIDDEN, back])
    film = replace(base, method=replace(load_preset("default"), size="full"), film=FilmOptions(cuts="none"))
    errors = []
    for past in ((1,), (1, HIDDEN + 1)):
        images = painted(replace(film, optimized=OptimizedFilmOptions(first=100, later=20, long_term=past)))
        errors.append(float((images[-1] - images[0])[place][..., 2:-2, 2:-2].square().mean()))
        print(f"hidden for {HIDDEN} frames, compared with {past}: mean square {errors[-1]:.5f}", flush=True)
    print(f"long term: {errors[1] / errors[0]:.2f} of it")


if __name__ == "__main__":
    main()
