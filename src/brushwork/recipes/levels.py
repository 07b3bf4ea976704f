"""The sizes of a coarse-to-fine optimization, with their iterations."""

from __future__ import annotations

from brushwork.images.geometry import Size, fit_size
from brushwork.options import SMALLEST_SIDE, Extent, Measure, OptimizerOptions, ScheduleLevel, measured_size


def make_schedule(own: Size, size: Extent, measure: Measure, options: OptimizerOptions) -> list[ScheduleLevel]:
    """Return the sizes to optimize at, coarse to fine, with their iterations.

    `own` gives the proportions, and the size itself if `size` is `full`. The size is divided by `size_step` as long as
    it stays nearer to `min_size`, in proportion, than the size before. No side is smaller than `SMALLEST_SIDE`.
    """
    finest, pixels = (
        (own, measured_size(own, measure)) if size == "full" else (fit_size(own, size, measure=measure), size)
    )
    sizes, step = [finest], options.size_step
    while options.min_size and pixels / step ** (len(sizes) - 0.5) >= options.min_size:
        smaller = fit_size(own, round(pixels / step ** len(sizes)), measure=measure)
        if min(smaller) < SMALLEST_SIDE:
            break
        sizes.append(smaller)
    return [ScheduleLevel(here, _iterations(options, level)) for level, here in enumerate(reversed(sizes))]


def _iterations(options: OptimizerOptions, level: int) -> int:
    if level and options.finer_iterations:
        return options.finer_iterations
    return max(1, round(options.iterations * options.iteration_decay**level))
