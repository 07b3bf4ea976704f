"""Plan a job: sizes, iterations, memory and time of each level."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Any

import torch

from brushwork.devices.memory import allocated_memory, memory_budget, trim_memory
from brushwork.devices.select import select_device
from brushwork.devices.shortage import explain_shortage
from brushwork.encoders import Encoder
from brushwork.errors import OutOfMemoryError, require_type
from brushwork.feedforward.inference import Stylizer
from brushwork.gradients.tiled import Tiling
from brushwork.images.geometry import Size
from brushwork.jobs.feedforward import FeedForward
from brushwork.jobs.inputs import JobInputs, read_headers
from brushwork.jobs.job import Job, JobOptions
from brushwork.jobs.method import LoadedMethod, MemoryEstimate
from brushwork.jobs.optimization import Optimization
from brushwork.jobs.peak_memory import make_meta_inputs
from brushwork.options import SMALLEST_SIDE

_STEP = 16
"""Step in pixels between proposed sizes: the stride of VGG's last block, so that pooling drops no rows."""


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
    memory_flags: str = ""
    """If the job does not fit: the flags that make it fit at its size; empty: none are known."""
    tiling: Tiling | None = None
    """Tiling of the encoder; None: no tiles."""
    held: int = 0
    """Bytes that the process holds besides the job; `memory` includes them."""

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
    job: Job,
    *,
    measure_time: bool = True,
    memory: int | None = None,
    network: Encoder | Stylizer | None = None,
    held: int | None = None,
) -> JobPlan:
    """Return the sizes, iterations, peak memory and, if `measure_time`, seconds of a job without running it.

    Images are not decoded. `measure_time` runs a few iterations, or passes of a feed-forward network, at a small size
    to measure the machine's speed. `memory` is the limit in bytes (on the CPU, for the whole process); None:
    what the machine has. `network` replaces the one that the options name. `held`: the bytes that the process holds
    besides the job, if earlier plans have added to them; None: what it holds now.

    Raises: InputError, WeightsError: as `run_job`.
    """
    require_type("the job", job, Job, "a Job")
    device, options, (sizes, style_files) = select_device(job.device), job.options, read_headers(job)
    method = load_method(options, device, network)
    levels = options.schedule(sizes.content)
    method.require_usable(sizes, levels[0].size)
    images = make_meta_inputs(sizes)
    styles = tuple(one or image for one, image in zip(style_files, images.styles, strict=True))
    init = None if job.init is None else images.content
    method.require_inputs(images._replace(styles=styles, init=init))
    trim_memory()
    held = allocated_memory(device) if held is None else held
    budget, estimator = memory_budget(device, memory), method.estimator(sizes)
    tiling = None if budget is None else estimator.choose_tiling(options, budget)
    seconds = method.predict_seconds(levels, len(sizes.styles), tiling) if measure_time else None
    plans = tuple(
        LevelPlan(*level, held + estimator(options, tiling, index), None if seconds is None else seconds[index])
        for index, level in enumerate(levels)
    )
    fits = budget is None or max(one.memory for one in plans) - held <= budget
    largest, flags = None, ""
    if budget is not None and not fits:
        largest = find_max_size(estimator, options, levels[-1].size, budget)
        flags = find_memory_flags(estimator, options, budget)
    available = budget + held if budget is not None and memory is None else memory
    return JobPlan(str(device), plans, available, largest, flags, tiling, held)


def load_method(options: JobOptions, device: torch.device, network: Encoder | Stylizer | None = None) -> LoadedMethod:
    """Load the network that the options name, for a device; `network`, if given, replaces it.

    Raises: InputError: there is no such network. WeightsError: its weights are missing.
    """
    kind: Any = Optimization if options.is_iterative else FeedForward
    loaded: LoadedMethod = kind.load(options, device, network)
    return loaded


def choose_tiling(
    method: LoadedMethod,
    options: JobOptions,
    inputs: JobInputs,
    device: torch.device,
    memory: int | None = None,
    asked: Tiling | None = None,
) -> Tiling | None:
    """Return the tiling that fits into `memory` bytes (None: what the machine has).

    This is `asked`, if it fits. Otherwise the method's estimate chooses: no tiles, if that fits and is as fast, else
    the largest tiles that fit.

    Raises: OutOfMemoryError: not even small tiles fit; carries the size that does.
    """
    trim_memory()
    budget, estimator = memory_budget(device, memory), method.estimator(inputs.sizes)
    if budget is None or estimator.is_ample(options, inputs.levels, budget):
        return asked
    if device.type == "cpu":
        budget += inputs.nbytes  # the estimate counts them, and they are already in memory
    if asked is not None and estimator(options, asked) <= budget:
        return asked
    tiling = estimator.choose_tiling(options, budget)
    least = estimator(options, tiling)
    if least <= budget:
        return tiling
    canvas = inputs.levels[-1].size
    largest, flags = find_max_size(estimator, options, canvas, budget), find_memory_flags(estimator, options, budget)
    remedies = [f"use {options.describe_size(largest)} or less"] if largest else []
    remedy = ", or ".join(remedies + ([f"add {flags}"] if flags else [])) or None
    held = inputs.nbytes if device.type == "cpu" else 0
    raise OutOfMemoryError(
        explain_shortage(f"{canvas} pixels", least - held, budget - held, device, memory, remedy), largest or None
    )


def find_memory_flags(estimator: MemoryEstimate, options: JobOptions, budget: int) -> str:
    """Return the flags that make the result fit into `budget` bytes at its size; empty: none are known."""
    variants = options.with_less_memory().items()
    return " or ".join(flags for flags, variant in variants if estimator.minimum_memory(variant) <= budget)


def find_max_size(estimator: MemoryEstimate, options: JobOptions, canvas: Size, budget: int) -> int:
    """Return the largest size below the current one that fits; 0: none does."""
    sizes = range(SMALLEST_SIDE, options.size_in_pixels(canvas), _STEP)

    def at(size: int) -> JobOptions:
        return options.with_size(size, canvas)

    usable = bisect_left(sizes, True, key=lambda size: estimator.is_usable(at(size)))
    fitting = bisect_right(sizes, budget, lo=usable, key=lambda size: estimator.minimum_memory(at(size)))
    return sizes[fitting - 1] if fitting > usable else 0
