"""Run a feed-forward job, and plan its memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf
from time import monotonic

import torch

from brushwork.controls import RecipeInputs, StyleRegion
from brushwork.devices.memory import allocated_memory, memory_budget, trim_memory
from brushwork.devices.meter import META, MemoryMeter
from brushwork.devices.select import select_device
from brushwork.errors import InputError, OutOfMemoryError
from brushwork.feedforward.inference import Stylizer, run_stylizer
from brushwork.feedforward.options import FeedForwardOptions
from brushwork.gradients.tiled import Tiling
from brushwork.images import Size
from brushwork.jobs.events import Advanced, Finished, JobEvent, Note, Started
from brushwork.jobs.image_sizes import InputSizes
from brushwork.jobs.inputs import read_sizes
from brushwork.jobs.job import FeedForwardJob
from brushwork.jobs.manifest import Manifest
from brushwork.jobs.memory_estimate import SIDES, subtract_reserve
from brushwork.jobs.plan import JobPlan, LevelPlan
from brushwork.jobs.preflight import list_notes, open_inputs, require_distinct_inputs
from brushwork.jobs.resume import embed_result, read_finished, replay_finished
from brushwork.jobs.writer import write_result
from brushwork.options import SMALLEST_SIDE
from brushwork.storage.folders import expand_user
from brushwork.types import Image

_AMPLE = 2**12
"""Bytes per encoded pixel, about five times what AdaIN takes. Where this much is free, no estimate is made, which
takes a second."""

_STEP = 16
"""Step in pixels between proposed sizes."""

_GIGABYTE = 1e9


def run_feedforward_job(
    job: FeedForwardJob, *, resume: bool = False, memory: int | None = None, stylizer: Stylizer | None = None
) -> Iterator[JobEvent]:
    """Run a feed-forward job: yield `Started`, then `Advanced` and `Note`s, and `Finished` at the end.

    Before the run it is checked that the output can be written, that the images can be read, and that the job fits
    into memory (`memory` bytes; None: what the machine has). Where it does not fit, it runs in tiles, with the same
    result. With `resume`, a result that is already finished stays as it is.

    Raises:
        InputError: images, options or an output that cannot be used.
        WeightsError: the network's weights are missing.
        OutOfMemoryError: the job does not fit; carries the size that does.
    """
    began, device = monotonic(), select_device(job.device)
    replacing = resume or job.overwrite
    inputs, bits = open_inputs(job, replacing=replacing)
    stylizer = stylizer or job.options.load_stylizer(device)
    manifest = Manifest.for_feedforward(job, stylizer, device)
    require_distinct_inputs(job, manifest)
    if resume and (before := _finished(job, manifest)):
        yield before
        return
    side = choose_tile_side(job, inputs.sizes, stylizer, device, memory)
    manifest = replace(manifest, tiling=None if side is None else Tiling(side))
    notes = list_notes(job, inputs, bits)
    yield from map(Note, notes)
    yield Started(device, 0, levels=inputs.levels)
    image = None
    for result in run_stylizer(job.options, inputs.to_device(device), stylizer, side):
        image = result.image
        yield Advanced(result.done)
    assert image is not None
    metadata = embed_result(manifest, None, finished=True)
    write_result(job, image.cpu(), inputs.content.alpha, metadata, bits, overwrite=replacing)
    yield Finished(job.output, 0.0, {}, 0, monotonic() - began, notes)


def _finished(job: FeedForwardJob, manifest: Manifest) -> Finished | None:
    """Return the final event of a job that is already finished; None: it has to run."""
    try:
        found = read_finished(expand_user(job.output), manifest)
    except InputError:
        if job.overwrite:
            return None
        raise
    return replay_finished(job, found) if found else None


@dataclass(frozen=True)
class FeedForwardMemory:
    """Estimates the memory that a feed-forward job needs on a device, beyond what is already allocated."""

    sizes: InputSizes
    stylizer: Stylizer
    device: torch.device
    """`stylizer` is on `meta`, as `to_meta` returns it."""

    def __call__(self, options: FeedForwardOptions, side: int | None) -> int:
        """Return the bytes needed with tiles of `side` pixels; None: without tiles."""
        with MemoryMeter() as meter:
            for _ in run_stylizer(options, _pictures(self.sizes), self.stylizer, side):
                pass
        return subtract_reserve(meter.peak, self.device)

    def choose_side(self, options: FeedForwardOptions, budget: int) -> int | None:
        """Return the largest tile side that fits, up to the fastest; the smallest, where none fits; None: no tiles."""
        canvas = options.output_size(self.sizes.content)
        fastest = self.stylizer.fastest_tile or max(canvas)
        if max(canvas) <= fastest and (self.is_ample(options, budget) or self(options, None) <= budget):
            return None
        sides = [side for side in SIDES if side <= min(fastest, max(canvas) - 1)]
        if not sides:
            return None
        return sides[max(0, bisect_right(sides, budget, key=lambda side: self(options, side)) - 1)]

    def is_ample(self, options: FeedForwardOptions, budget: int) -> bool:
        """Return whether the budget is certainly enough without tiles."""
        canvas = options.output_size(self.sizes.content)
        pixels = canvas.area + sum(max(style.area, canvas.area) for style in self.sizes.styles)
        return _AMPLE * pixels <= budget

    def max_size(self, options: FeedForwardOptions, budget: int) -> int:
        """Return the largest size below the current one that fits; 0: none does."""
        canvas = options.output_size(self.sizes.content)
        smaller = range(SMALLEST_SIDE, options.size_in_pixels(canvas), _STEP)
        found = bisect_right(smaller, budget, key=lambda size: self(options.with_size(size, canvas), SIDES[0]))
        return smaller[found - 1] if found else 0


def choose_tile_side(
    job: FeedForwardJob, sizes: InputSizes, stylizer: Stylizer, device: torch.device, memory: int | None = None
) -> int | None:
    """Return the tile side with which a job fits into `memory` bytes (None: what the machine has); None: no tiles.

    Raises: OutOfMemoryError: not even small tiles fit; carries the size that does.
    """
    trim_memory()
    budget, estimator = memory_budget(device, memory), FeedForwardMemory(sizes, stylizer.to_meta(), device)
    if budget is None:
        return job.tiling.side if job.tiling else None
    if job.tiling and estimator(job.options, job.tiling.side) <= budget:
        return job.tiling.side
    if _is_ample(budget, job, sizes, stylizer):
        return None
    side = estimator.choose_side(job.options, budget)
    if side is None and estimator.is_ample(job.options, budget):
        return None
    least = estimator(job.options, side)
    if least > budget:
        largest = estimator.max_size(job.options, budget)
        remedy = f"use size {largest} or less" if largest else "no size fits; free some memory, or use another device"
        raise OutOfMemoryError(
            f"{job.options.output_size(sizes.content)} pixels need {least / _GIGABYTE:.2f} GB of memory on {device}, "
            f"but only {budget / _GIGABYTE:.2f} GB is available: {remedy}.",
            largest or None,
        )
    return side


def _is_ample(budget: int, job: FeedForwardJob, sizes: InputSizes, stylizer: Stylizer) -> bool:
    """Return whether a job certainly fits without tiles, and would not be faster with them."""
    canvas = job.options.output_size(sizes.content)
    largest = max(size.area for size in (canvas, sizes.content, *sizes.styles))
    return max(canvas) <= (stylizer.fastest_tile or inf) and _AMPLE * largest <= budget


def plan_feedforward_job(job: FeedForwardJob, *, memory: int | None = None) -> JobPlan:
    """Return the size and peak memory of a feed-forward job, without decoding images or running it.

    Raises: InputError, WeightsError: as `run_feedforward_job`.
    """
    device, options, sizes = select_device(job.device), job.options, read_sizes(job)
    stylizer = options.load_stylizer(device)
    trim_memory()
    held, budget, estimator = (
        allocated_memory(device),
        memory_budget(device, memory),
        FeedForwardMemory(sizes, stylizer.to_meta(), device),
    )
    side = None if budget is None else estimator.choose_side(options, budget)
    needed = estimator(options, side)
    fits = budget is None or needed <= budget
    return JobPlan(
        str(device),
        (LevelPlan(options.output_size(sizes.content), 0, held + needed, None),),
        None if budget is None else budget + held,
        None if fits or budget is None else estimator.max_size(options, budget),
        None if side is None else Tiling(side),
    )


def _pictures(sizes: InputSizes) -> RecipeInputs:
    regions = tuple(
        StyleRegion(_picture(own)[0, :1], _picture(other)[0, :1], whose) for own, other, whose in sizes.regions
    )
    return RecipeInputs(_picture(sizes.content), tuple(map(_picture, sizes.styles)), None, regions)


def _picture(size: Size) -> Image:
    return torch.empty(1, 3, *size, device=META)
