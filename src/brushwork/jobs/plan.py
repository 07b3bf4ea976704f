"""What a job will take, without running it."""

from __future__ import annotations

import torch

from brushwork.errors import OutOfMemoryError
from brushwork.evaluate.machine import select_device
from brushwork.evaluate.memory import allocated_memory, memory_budget, trim_memory
from brushwork.evaluate.plan import JobPlan, LevelPlan
from brushwork.evaluate.tiled import Tiling
from brushwork.jobs.inputs import InputSizes, JobInputs, read_sizes
from brushwork.jobs.job import OptimizationJob
from brushwork.jobs.need import MemoryEstimator, relative_cost
from brushwork.jobs.probe import measure_speed
from brushwork.jobs.rehearse import optimizer_memory
from brushwork.jobs.shown import max_encoded_pixels, require_encodable
from brushwork.perception import Encoder
from brushwork.recipes import RecipeOptions
from brushwork.recipes import schedule as levels_of
from brushwork.recipes.seeing import load_encoder_for

_AMPLE = 2**14
"""Bytes a pixel, some four times what VGG-19 takes. Where so much is left, nothing needs to be predicted."""

_TARGETS = 1.5
"""Closures for which the targets of a level stand, measured with VGG-19 at 512 pixels."""

_GIGABYTE = 1e9


def plan_job(
    job: OptimizationJob, *, measure_time: bool = True, memory: int | None = None, encoder: Encoder | None = None
) -> JobPlan:
    """Sizes, closures, peak memory and, if `measure_time`, seconds of a job. Pictures are only measured, nothing is
    painted.

    `measure_time` paints a few closures at a small size to learn the machine's speed. `memory` is what may be taken, in
    bytes (on the CPU by the whole process); None: what the machine has.

    Raises: InputError, WeightsError: as `paint`.
    """
    device, options, sizes = select_device(job.device), job.options, read_sizes(job)
    eye = encoder or load_encoder_for(options, "cpu", computes_on=device)
    require_encodable(options, sizes, eye)
    trim_memory()
    held, budget, levels = allocated_memory(device), memory_budget(device, memory), levels_of(options, sizes.content)
    rate, estimator = None, MemoryEstimator(sizes, eye, device)
    tiling = None if budget is None or estimator(options) <= budget else estimator.choose_tiling(options, budget)
    if measure_time:
        rate = measure_speed(options, len(sizes.styles), eye.to(device), device)
    plans = tuple(
        LevelPlan(
            size,
            iterations,
            held + estimator(options, tiling, index),
            None
            if rate is None
            else rate * size.area * (iterations + _TARGETS) * relative_cost(options, eye, size, tiling),
        )
        for index, (size, iterations) in enumerate(levels)
    )
    fits = budget is None or max(one.memory for one in plans) - held <= budget
    largest = None if fits or budget is None else estimator.max_size(options, levels[-1].size, budget)
    return JobPlan(str(device), plans, None if budget is None else budget + held, largest, tiling)


def choose_tiling(
    options: RecipeOptions,
    inputs: JobInputs,
    encoder: Encoder,
    device: torch.device,
    memory: int | None = None,
    asked: Tiling | None = None,
) -> Tiling | None:
    """How the network can look at the pictures within `memory` bytes (None: what the machine has): at once (None) if
    possible, else in the largest tiles that fit; but as `asked`, where that fits.

    Raises: OutOfMemoryError: not even small tiles fit; carries the size that does.
    """
    trim_memory()
    budget, sizes = memory_budget(device, memory), inputs.sizes
    if budget is None or _ample(options, sizes) <= budget:
        return asked
    if device.type == "cpu":
        budget += inputs.nbytes  # which the need counts, and which are held already
    estimator = MemoryEstimator(sizes, encoder, device)
    if estimator(options, asked) <= budget:
        return asked
    if asked is not None and estimator(options) <= budget:
        return None
    tiling = estimator.choose_tiling(options, budget)
    if estimator(options, tiling) > budget:
        raise _too_large(estimator, options, budget)
    return tiling


def _too_large(estimator: MemoryEstimator, options: RecipeOptions, budget: int) -> OutOfMemoryError:
    canvas = levels_of(options, estimator.sizes.content)[-1].size
    largest = estimator.max_size(options, canvas, budget)
    remedy = f"take size {largest} or less" if largest else "no size fits; free some, or take another device"
    return OutOfMemoryError(
        f"{canvas} pixels take {_gigabytes(estimator.minimum_memory(options))} of memory on {estimator.device}, "
        f"and {_gigabytes(budget)} are left: {remedy}.",
        largest or None,
    )


def _ample(options: RecipeOptions, sizes: InputSizes) -> int:
    """Bytes that are surely enough."""
    levels = levels_of(options, sizes.content)
    iterations = sum(level.iterations for level in levels)
    return _AMPLE * max_encoded_pixels(options, sizes) + optimizer_memory(options, levels[-1].size, iterations)


def _gigabytes(amount: int) -> str:
    return f"{amount / _GIGABYTE:.2f} GB"
