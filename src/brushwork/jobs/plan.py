"""Plan a job: sizes, iterations, memory and time of each level."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter

import torch

from brushwork.controls import RecipeInputs
from brushwork.devices.memory import allocated_memory, memory_budget, trim_memory
from brushwork.devices.select import select_device
from brushwork.encoders import Encoder
from brushwork.errors import DivergedError, OutOfMemoryError
from brushwork.gradients.tiled import Tiling
from brushwork.images.geometry import Size
from brushwork.jobs.image_sizes import InputSizes, encoded_sizes, require_encodable
from brushwork.jobs.inputs import JobInputs, read_sizes
from brushwork.jobs.job import OptimizationJob
from brushwork.jobs.memory_estimate import MemoryEstimator, optimizer_memory, relative_cost
from brushwork.options import ScheduleLevel
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes import RecipeOptions

_AMPLE = 2**14
"""Bytes per pixel, about four times what VGG-19 takes. Where this much is free, no estimate is needed."""

_TARGETS = 1.5
"""Cost of a level's targets, in closures; measured with VGG-19 at 512 pixels."""

_GIGABYTE = 1e9

_SIDE = 160
"""Side of the speed test in pixels. Smaller, the overhead per call counts too much; larger, it takes long."""

_SIDE_OF_ACCELERATOR = 512
"""The same on accelerators, which smaller images do not keep busy."""

_LARGER = 1.1
"""Factor by which a pixel of a larger image takes longer: it leaves the caches. Measured on the CPU, 160 and 512."""

_CLOSURES = 4
"""Closures of the speed test; the first is a warm-up."""


@dataclass(frozen=True)
class LevelPlan:
    """Iterations, memory and time of one level."""

    size: Size
    iterations: int
    memory: int
    """Peak bytes at this size: of the whole process on the CPU, else on the device."""
    seconds: float | None
    """None: not measured."""


@dataclass(frozen=True)
class JobPlan:
    """Iterations, memory and time of a job, level by level."""

    device: str
    levels: tuple[LevelPlan, ...]
    available: int | None
    """Bytes that may be used in all, counted as `memory`; None: unknown."""
    max_size: int | None
    """If the job does not fit: the largest `size` that does, in pixels; 0: none does. Else None."""
    tiling: Tiling | None = None
    """Tiling of the encoder; None: no tiles."""

    @property
    def iterations(self) -> int:
        """Iterations of all levels."""
        return sum(level.iterations for level in self.levels)

    @property
    def memory(self) -> int:
        """Peak bytes of the whole job."""
        return max(level.memory for level in self.levels)

    @property
    def seconds(self) -> float | None:
        """Seconds of all levels; None: not measured."""
        times = [level.seconds for level in self.levels if level.seconds is not None]
        return sum(times) if len(times) == len(self.levels) else None

    @property
    def fits(self) -> bool:
        """Whether there is enough memory, as far as is known."""
        return self.available is None or self.memory <= self.available


def plan_job(
    job: OptimizationJob, *, measure_time: bool = True, memory: int | None = None, encoder: Encoder | None = None
) -> JobPlan:
    """Return the sizes, iterations, peak memory and, if `measure_time`, seconds of a job without running it.

    Images are not decoded. `measure_time` runs a few closures at a small size to measure the machine's speed.
    `memory` is the limit in bytes (on the CPU, for the whole process); None: what the machine has.

    Raises: InputError, WeightsError: as `run_job`.
    """
    device, options, sizes = select_device(job.device), job.options, read_sizes(job)
    network = encoder or load_encoder_for(options, "cpu", computes_on=device)
    levels = options.schedule(sizes.content)
    require_encodable(options, sizes, levels[0].size, network)
    trim_memory()
    held, budget = allocated_memory(device), memory_budget(device, memory)
    rate, estimator = None, MemoryEstimator(sizes, network, device)
    tiling = None if budget is None or estimator(options) <= budget else estimator.choose_tiling(options, budget)
    if measure_time:
        rate = measure_speed(options, len(sizes.styles), network.to(device), device)
    plans = tuple(
        LevelPlan(
            size,
            iterations,
            held + estimator(options, tiling, index),
            None
            if rate is None
            else rate * size.area * (iterations + _TARGETS) * relative_cost(options, network, size, tiling),
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
    """Return the tiling that fits into `memory` bytes (None: what the machine has).

    `asked`, where that fits; else None (no tiles), where that fits; else the largest tiles that fit.

    Raises: OutOfMemoryError: not even small tiles fit; carries the size that does.
    """
    trim_memory()
    budget, sizes, levels = memory_budget(device, memory), inputs.sizes, inputs.levels
    if budget is None or _ample(options, sizes, levels) <= budget:
        return asked
    if device.type == "cpu":
        budget += inputs.nbytes  # the estimate counts them, and they are already in memory
    estimator = MemoryEstimator(sizes, encoder, device)
    if estimator(options, asked) <= budget:
        return asked
    if asked is not None and estimator(options) <= budget:
        return None
    tiling = estimator.choose_tiling(options, budget)
    if estimator(options, tiling) > budget:
        raise _too_large(estimator, options, levels[-1].size, budget)
    return tiling


def _too_large(estimator: MemoryEstimator, options: RecipeOptions, canvas: Size, budget: int) -> OutOfMemoryError:
    largest = estimator.max_size(options, canvas, budget)
    remedy = f"use size {largest} or less" if largest else "no size fits; free some memory, or use another device"
    return OutOfMemoryError(
        f"{canvas} pixels need {_gigabytes(estimator.minimum_memory(options))} of memory on {estimator.device}, but "
        f"only {_gigabytes(budget)} is available: {remedy}.",
        largest or None,
    )


def _ample(options: RecipeOptions, sizes: InputSizes, levels: Sequence[ScheduleLevel]) -> int:
    """Return an upper bound of the bytes needed."""
    encoded = encoded_sizes(options, sizes, levels[-1].size).values()
    return _AMPLE * max(size.area for size in encoded) + optimizer_memory(options, levels)


def _gigabytes(amount: int) -> str:
    return f"{amount / _GIGABYTE:.2f} GB"


def measure_speed(options: RecipeOptions, styles: int, encoder: Encoder, device: torch.device) -> float | None:
    """Return the seconds per closure and pixel; None where nothing could be measured. The encoder is on the device."""
    side = _SIDE if device.type == "cpu" else _SIDE_OF_ACCELERATOR
    # Three different images, or the loss would be zero from the start.
    content, style, init = torch.rand(3, 1, 3, side, side, generator=torch.Generator().manual_seed(0)).to(device)
    images = RecipeInputs(content, (style,) * styles, init)
    small, times = options.with_iterations(_CLOSURES).with_size(side, Size(side, side)), []
    with suppress(DivergedError):
        for progress in small.run(images, encoder=encoder):
            times.append((progress.iterations, perf_counter()))
    if len(times) < 2:
        return None
    (iterations, begin), (all_spent, end) = times[0], times[-1]
    return _LARGER * (end - begin) / (all_spent - iterations) / side**2
