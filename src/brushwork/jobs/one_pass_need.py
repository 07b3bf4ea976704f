"""What painting in one pass needs of memory: at once, or in tiles of which size."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from math import inf

import torch

from brushwork.errors import OutOfMemoryError
from brushwork.evaluate.machine import select_device
from brushwork.evaluate.memory import allocated_memory, memory_budget, trim_memory
from brushwork.evaluate.meter import META, MemoryMeter
from brushwork.evaluate.plan import JobPlan, LevelPlan, subtract_reserve
from brushwork.evaluate.tiled import Tiling
from brushwork.fast.at_once import FeedForwardOptions, Stylizer, output_size, run_stylizer
from brushwork.jobs.inputs import InputSizes, read_sizes
from brushwork.jobs.job import FeedForwardJob
from brushwork.jobs.need import SIDES
from brushwork.picture import Size
from brushwork.recipes import RecipeInputs, StyleRegion
from brushwork.recipes.options import SMALLEST_SIDE, measured_size
from brushwork.types import Image

_AMPLE = 2**12
"""Bytes a pixel that is looked at, some five times what AdaIN takes. Where so much is left, nothing is rehearsed."""

_STEP = 16
"""Pixels between the sizes that are proposed."""

_AMPLE = 2**12
"""Bytes a pixel, four times what VGG-19 up to relu4_1 takes. Where so much is left, nothing is rehearsed, which takes a
second."""

_GIGABYTE = 1e9


@dataclass(frozen=True)
class FeedForwardMemory:
    """The memory that painting in one pass needs on a device, beyond what is held, for pictures of some sizes."""

    sizes: InputSizes
    stylizer: Stylizer
    device: torch.device
    """`stylizer` lies on `meta`, as `to_meta` makes it."""

    def __call__(self, options: FeedForwardOptions, side: int | None) -> int:
        """Bytes, at once (None) or in tiles of so many pixels a side."""
        with MemoryMeter() as meter:
            for _ in run_stylizer(options, _pictures(self.sizes), self.stylizer, side):
                pass
        return subtract_reserve(meter.peak, self.device)

    def choose_side(self, options: FeedForwardOptions, budget: int) -> int | None:
        """The largest tiles that fit, up to those that are fastest; the smallest, where none fit; None: at once."""
        canvas = output_size(options, self.sizes.content)
        fastest = self.stylizer.fastest_tile or max(canvas)
        if max(canvas) <= fastest and (self.is_ample(options, budget) or self(options, None) <= budget):
            return None
        sides = [side for side in SIDES if side <= min(fastest, max(canvas) - 1)]
        if not sides:
            return None
        return sides[max(0, bisect_right(sides, budget, key=lambda side: self(options, side)) - 1)]

    def is_ample(self, options: FeedForwardOptions, budget: int) -> bool:
        """Whether there is surely enough to paint at once."""
        canvas = output_size(options, self.sizes.content)
        seen = canvas.area + sum(max(style.area, canvas.area) for style in self.sizes.styles)
        return _AMPLE * seen <= budget

    def max_size(self, options: FeedForwardOptions, budget: int) -> int:
        """The largest size below the present one that fits; 0: none does."""
        canvas = output_size(options, self.sizes.content)
        smaller = range(SMALLEST_SIDE, round(measured_size(canvas, options.measure)), _STEP)
        found = bisect_right(smaller, budget, key=lambda size: self(replace(options, size=size), SIDES[0]))
        return smaller[found - 1] if found else 0


def choose_tile_side(
    job: FeedForwardJob, sizes: InputSizes, stylizer: Stylizer, device: torch.device, memory: int | None = None
) -> int | None:
    """The side of the tiles that a job is painted in within `memory` bytes (None: what the machine has); None: at once.

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
        remedy = f"take size {largest} or less" if largest else "no size fits; free some, or take another device"
        raise OutOfMemoryError(
            f"{output_size(job.options, sizes.content)} pixels take {least / _GIGABYTE:.2f} GB of memory on {device}, "
            f"and {budget / _GIGABYTE:.2f} GB are left: {remedy}.",
            largest or None,
        )
    return side


def _is_ample(budget: int, job: FeedForwardJob, sizes: InputSizes, stylizer: Stylizer) -> bool:
    """Whether a job surely fits at once, and is not painted faster in tiles."""
    canvas = output_size(job.options, sizes.content)
    largest = max(size.area for size in (canvas, sizes.content, *sizes.styles))
    return max(canvas) <= (stylizer.fastest_tile or inf) and _AMPLE * largest <= budget


def plan_feedforward_job(job: FeedForwardJob, *, memory: int | None = None) -> JobPlan:
    """Size and peak memory of a job that is painted in one pass. Pictures are only measured, nothing is painted.

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
        (LevelPlan(output_size(options, sizes.content), 0, held + needed, None),),
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
