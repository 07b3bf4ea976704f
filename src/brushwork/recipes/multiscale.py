"""The loop over image sizes from coarse to fine, with losses that are resampled at each outer step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.gradients.partition import FULL_IMAGE, Partition
from brushwork.images.geometry import Size
from brushwork.images.resample import fit_size
from brushwork.losses.loss import StochasticLoss
from brushwork.objective import Objective
from brushwork.optim import (
    LBFGS,
    Adam,
    DivergenceGuard,
    OptimizationStep,
    Optimizer,
    PixelParametrization,
    Reductions,
    minimize,
    move_to_next_level,
)
from brushwork.optim.reductions import WHOLE
from brushwork.options import SMALLEST_SIDE, Extent, Measure, OptimizerOptions, measured_size
from brushwork.types import Evaluate, Image, State

OUTER_STEP = 10
"""Closures of one function: enough for L-BFGS to learn its curvature, few enough that no direction is overlooked."""


@dataclass(frozen=True)
class ResampledObjective:
    """An evaluation that is another function from one outer step to the next."""

    draw: Callable[[int], Evaluate]
    """The evaluation of an outer step, by its number alone: a painting that is resumed sees the same ones."""
    every: int = OUTER_STEP
    """Closures of an outer step."""

    def outer_step(self, iterations: int, closures: int) -> tuple[Evaluate, int]:
        """The evaluation after so many closures, and how many will be spent when it ends."""
        step = iterations // self.every
        return self.draw(step), min(closures, (step + 1) * self.every)


EvaluateAt: TypeAlias = Callable[[Size], Evaluate | ResampledObjective]
"""The losses of a recipe at a size; its targets are made there."""


class ScheduleLevel(NamedTuple):
    """One size of the picture, and the closures spent at it."""

    size: Size
    iterations: int


class ResumeState(NamedTuple):
    """Where a painting stands: enough to go on from, bit for bit."""

    level: int
    iterations: int
    """Closures spent at this level."""
    state: State
    """The optimizer's state, its point as `point`, and the picture shown as `shown`."""


class Progress(NamedTuple):
    """What a recipe yields after every step."""

    levels: Sequence[ScheduleLevel]
    level: int
    """Index of the current level, coarse to fine."""
    step: OptimizationStep
    optimizer: Optimizer
    finish: Callable[[Image], Image] | None = None
    """What is made of the optimized picture in the end."""

    @property
    def image(self) -> Image:
        """The picture as it is now, at this level's size, in [0, 1]."""
        image = self.step.image.clamp(0, 1)
        return image if self.finish is None else self.finish(image)

    @property
    def iterations(self) -> int:
        """Closures spent so far, over all levels."""
        return sum(level.iterations for level in self.levels[: self.level]) + self.step.index

    @property
    def budget(self) -> int:
        """Closures of the whole painting."""
        return sum(level.iterations for level in self.levels)

    def resume_state(self) -> ResumeState:
        """Everything that is needed to go on from here, no two tensors in the same memory: safetensors wants that."""
        resume, point = self.lazy_resume_state()(), self.step.point
        apart = {
            name: value.clone() if value.data_ptr() == point.data_ptr() else value
            for name, value in resume.state.items()
        }
        return resume._replace(state={**apart, "point": point})

    def lazy_resume_state(self) -> Callable[[], ResumeState]:
        """The same, to be had later too: only the picture is made then, which few steps are asked for."""
        level, step, state = self.level, self.step, self.optimizer.state()
        return lambda: ResumeState(level, step.index, {**state, "point": step.point, "shown": step.image})


def make_schedule(own: Size, size: Extent, measure: Measure, options: OptimizerOptions) -> list[ScheduleLevel]:
    """The sizes to paint at, coarse to fine, with their closures.

    `own` gives the proportions, and the size itself where that is `full`. It is halved as long as it stays nearer to
    the coarsest than its double, and no side gets too small to be painted.
    """
    finest, pixels = (
        (own, measured_size(own, measure)) if size == "full" else (fit_size(own, size, measure=measure), size)
    )
    sizes = [finest]
    while options.min_size and pixels / 2 ** (len(sizes) - 0.5) >= options.min_size:
        smaller = fit_size(own, round(pixels / 2 ** len(sizes)), measure=measure)
        if min(smaller) < SMALLEST_SIDE:
            break
        sizes.append(smaller)
    iterations = [max(1, round(options.iterations * options.iteration_decay**index)) for index in range(len(sizes))]
    return [ScheduleLevel(*level) for level in zip(reversed(sizes), iterations, strict=True)]


def optimize_multiscale(
    schedule: Sequence[ScheduleLevel],
    evaluate_at: EvaluateAt,
    init: Image,
    options: OptimizerOptions,
    resume: ResumeState | None = None,
    partition: Partition = FULL_IMAGE,
) -> Iterator[Progress]:
    """Optimize a picture at each level in turn, from `init`; each level begins with the one before, enlarged.

    With `resume`, go on from there instead. `init` is the whole picture; what is evaluated, shown and saved is this
    process's share.
    """
    parametrization = PixelParametrization(options.optimizer_scale, (0.0, 1.0) if options.bounded else None)
    optimizer = make_optimizer(options, partition.reductions)
    part = partition.crop(init)
    shown: Image | OptimizationStep = part
    first, iterations, point, held = 0, 0, parametrization.to_point(part), Size.of(init)
    if resume is not None:
        first, iterations, point, shown = load_resume_state(resume, optimizer, init.device)
        held = schedule[first].size
    del resume, init, part  # they may take more memory than a closure
    for index in range(first, len(schedule)):
        size, closures = schedule[index]
        if held != size:
            point, held = _climb(parametrization, optimizer, _picture(shown), (held, size), partition), size
        evaluate, products = evaluate_at(size), partition.reductions
        while iterations < closures:
            here, end = _outer_step(evaluate, iterations, closures)
            for step in minimize(
                parametrization, here, optimizer, end, point=point, evaluations=iterations, reductions=products
            ):
                point, shown, iterations = step.point, step, step.index  # nothing large that the step does not hold
                yield Progress(schedule, index, step, optimizer)
            if iterations < end:  # no step leads down
                break
        iterations = 0


def _outer_step(evaluate: Evaluate | ResampledObjective, iterations: int, closures: int) -> tuple[Evaluate, int]:
    """What is evaluated after so many closures, and until how many are spent."""
    return (
        evaluate.outer_step(iterations, closures) if isinstance(evaluate, ResampledObjective) else (evaluate, closures)
    )


def _picture(shown: Image | OptimizationStep) -> Image:
    return shown.image if isinstance(shown, OptimizationStep) else shown


def _climb(
    parametrization: PixelParametrization,
    optimizer: Optimizer,
    shown: Image,
    sizes: tuple[Size, Size],
    partition: Partition,
) -> Tensor:
    """The point to go on from at the second of two sizes."""
    old, new = sizes
    gradient = old.area / new.area
    return move_to_next_level(
        parametrization,
        optimizer,
        shown,
        new,
        gradient=gradient,
        resize=lambda held, _: partition.resize(held, old, new),
    )


def load_resume_state(
    resume_state: ResumeState, optimizer: Optimizer, device: torch.device
) -> tuple[int, int, Tensor, Image]:
    """Level, closures spent at it, point and picture; the optimizer is loaded."""
    # Numbers stay where they are: not every device has float64.
    state = {name: value.to(device) if value.ndim else value for name, value in resume_state.state.items()}
    point, shown = state.pop("point"), state.pop("shown")
    optimizer.load(state)
    return resume_state.level, resume_state.iterations, point, shown


def make_optimizer(options: OptimizerOptions, reductions: Reductions = WHOLE) -> Optimizer:
    """The optimizer that the options name, under guard.

    Raises: InputError: it looks at the whole picture, and the products are those of several machines.
    """
    if options.preconditioner == "frequency" and reductions is not WHOLE:
        raise InputError(
            "preconditioner frequency looks at the whole picture, and several processes have parts of it: "
            "take preconditioner none, or one process."
        )
    if options.optimizer == "adam":
        return DivergenceGuard(Adam(lr=options.learning_rate, ema_decay=options.ema_decay))
    lbfgs = partial(
        LBFGS,
        history=options.history,
        lr=options.learning_rate,
        line_search=options.line_search,
        max_step=options.max_step * options.optimizer_scale or None,
        reductions=reductions,
        storage=options.history_storage,
        preconditioner=options.preconditioner == "frequency",
    )
    if options.initial_step == 0:
        return DivergenceGuard(lbfgs())
    return DivergenceGuard(lbfgs(initial_step=options.initial_step * options.optimizer_scale, min_curvature=0.0))


def with_resampling(objective: Objective, evaluate: Callable[[Objective], Evaluate]) -> Evaluate | ResampledObjective:
    """The evaluation of an objective; drawn anew at every outer step, where some of it is drawn by chance."""
    if not any(isinstance(weighted.loss, StochasticLoss) for weighted in objective.losses.values()):
        return evaluate(objective)
    return ResampledObjective(lambda step: evaluate(objective.resample(step)))
