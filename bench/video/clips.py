"""Generated clips whose motion is known exactly, and the frames that a job paints; for the measurements beside this file."""

from __future__ import annotations

import time
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import torch
import torch.nn.functional as F

from brushwork.images import Size
from brushwork.images.encode import quantize
from brushwork.images.warp import identity_coordinates, lies_inside, sample, warp
from brushwork.types import Image
from brushwork.video import FilmJob, FrameDone, run_film
from brushwork.video.codecs import choose_encoding
from brushwork.video.optical_flow import DisFlow
from brushwork.video.pair_measures import hidden_pixels, warp_error
from brushwork.video.segment_file import FilmFormat, write_segment

RATE = 12


def texture(size: Size, seed: int = 0, cells: Sequence[int] = (4, 8, 16)) -> Image:
    """A texture of soft shapes."""
    generator, image = torch.Generator().manual_seed(seed), torch.zeros(1, 3, *size)
    for cell in cells:
        coarse = torch.rand(1, 3, size.height // cell + 2, size.width // cell + 2, generator=generator)
        image += F.interpolate(coarse, tuple(size), mode="bicubic", align_corners=False) / len(cells)
    return image.clamp(0, 1)


def pan(whole: Image, size: Size, count: int, step: float) -> list[Image]:
    """Frames of a camera that moves to the right over a picture, by `step` pixels a frame."""
    base = identity_coordinates(size, whole)
    return [
        sample(whole, base + torch.tensor([step * number, 0.0]).view(1, 2, 1, 1), "bicubic").clamp(0, 1)
        for number in range(count)
    ]


def write_clip(path: Path, frames: Sequence[Image]) -> Path:
    """Write frames to a lossless film."""
    encoding, size = choose_encoding(path, "ffv1", "420", None, 8), Size.of(frames[0])
    levels = ((number, quantize(one)) for number, one in enumerate(frames))
    write_segment(path, levels, FilmFormat(encoding, size, Fraction(1, RATE), Fraction(RATE)))
    return path


def painted(job: FilmJob) -> list[Image]:
    """The frames that a job paints."""
    return [event.image for event in run_film(job) if isinstance(event, FrameDone)]


def painted_in(job: FilmJob) -> tuple[list[Image], float]:
    """The frames that a job paints, and processor seconds of a frame but the first."""
    images, times, began = [], [], time.process_time()
    for event in run_film(job):
        if isinstance(event, FrameDone):
            images.append(event.image)
            times.append(time.process_time() - began)
        began = time.process_time()
    return images, sum(times[1:]) / max(1, len(times) - 1)


def dis_error(images: Sequence[Image], frames: Sequence[Image]) -> float:
    """Mean warp error of painted frames along the flow that DIS finds between the film's, at full size."""
    source, errors = DisFlow("best", is_reduced=False), []
    for (one, other), (painted_one, painted_other) in zip(pairwise(frames), pairwise(images), strict=False):
        pair = source(one, other)
        errors.append(warp_error(painted_one, painted_other, pair.flow, hidden_pixels(pair.flow, pair.backward)))
    return fmean(errors)


def pan_error(images: Sequence[Image], step: float, margin: int = 16) -> float:
    """Mean warp error along the true motion of a pan, away from the borders."""
    size = Size.of(images[0])
    flow = torch.tensor([-step, 0.0]).view(1, 2, 1, 1).expand(1, 2, *size)
    inside = lies_inside(identity_coordinates(size, flow) + flow, size)
    inner = F.pad(torch.ones(1, 1, size.height - 2 * margin, size.width - 2 * margin), (margin,) * 4) > 0
    moved = warp(inner.float(), flow) > 0
    errors = [warp_error(one, other, flow, ~(inside & inner & moved)) for one, other in pairwise(images)]
    return sum(errors) / len(errors)
