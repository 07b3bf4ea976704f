"""The loop over image sizes, coarse to fine, with losses that are resampled at each outer step."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from brushwork.errors import InputError, require_type
from brushwork.gradients.partition import FULL_IMAGE, Partition
from brushwork.images.geometry import Size
from brushwork.losses.loss import StochasticLoss
from brushwork.objective import Objective
from brushwork.optim import (
    OptimizationStep,
    Optimizer,
    PixelParametrization,
    Reductions,
    minimize,
    move_to_next_level,
)
from brushwork.options import OptimizerOptions, ScheduleLevel
from brushwork.recipes.optimizers import make_optimizer
from brushwork.types import Evaluate, Image, State

OUTER_STEP = 10
"""Evaluations of one function: enough for L-BFGS to learn its curvature, few enough to miss no direction."""


@dataclass(frozen=True)
class ResampledObjective:
    """An evaluation that becomes another function at each outer step."""

    draw: Callable[[int], Evaluate]
    """Function from the number of an outer step to its evaluation; a resumed run gets the same evaluations."""
    every: int = OUTER_STEP
    """Number of evaluations in an outer step."""

    def outer_step(self, iterations: int, budget: int) -> tuple[Evaluate, int]:
        """Return the evaluation after a number of iterations, and the iteration count at which its step ends."""
        step = iterations // self.every
        return self.draw(step), min(budget, (step + 1) * self.every)


EvaluateAt: TypeAlias = Callable[[Size], Evaluate | ResampledObjective]
"""Function from a size to the evaluation of a recipe's losses, with targets computed at that size."""


class ResumeState(NamedTuple):
    """State of an optimization run: enough to resume it bit for bit."""

    level: int
    iterations: int
    """Iterations spent at this level."""
    state: State
    """The optimizer's state, with its point as `point` and the displayed image as `shown`."""

    def to(self, device: torch.device) -> ResumeState:
        """Return the state with its point and image on a device.

        When an optimizer loads a state, it copies it to the point's device entry by entry: a history need not fit there
        twice, or at all.
        """
        return self._replace(state=self.state | {name: self.state[name].to(device) for name in ("point", "shown")})


def resume_on(device: torch.device, given: ResumeState | None) -> ResumeState | None:
    """Return the state to resume from with its point and image on a device; None: the run starts from the beginning.

    Raises: InputError: it is no such state.
    """
    if given is None:
        return None
    require_type("resume", given, ResumeState, "a ResumeState, such as progress.resume_state(), or None")
    return given.to(device)


class Progress(NamedTuple):
    """State of a recipe after an optimizer step; recipes yield one after every step."""

    levels: Sequence[ScheduleLevel]
    level: int
    """Index of the current level, coarse to fine."""
    step: OptimizationStep
    optimizer: Optimizer
    finish: Callable[[Image], Image] | None = None
    """Final step applied to the optimized image, such as a color change."""

    @property
    def image(self) -> Image:
        """The current image at this level's size, in [0, 1]."""
        image = self.step.image.clamp(0, 1)
        return image if self.finish is None else self.finish(image)

    @property
    def iterations(self) -> int:
        """Iterations spent so far, over all levels."""
        return sum(level.iterations for level in self.levels[: self.level]) + self.step.index

    @property
    def budget(self) -> int:
        """Iterations of the entire run."""
        return sum(level.iterations for level in self.levels)

    def resume_state(self) -> ResumeState:
        """Return everything needed to resume from here. No two tensors share memory, as safetensors requires."""
        resume, apart = self.lazy_resume_state()(), {"point": self.step.point}
        for name, value in resume.state.items():
            is_shared = value.data_ptr() in {one.data_ptr() for one in apart.values()}
            apart.setdefault(name, value.clone() if is_shared else value)
        return resume._replace(state=apart)

    def lazy_resume_state(self) -> Callable[[], ResumeState]:
        """Return a function that makes the resume state, now or later.

        Only the image is left to compute when the function is called, because few steps are asked for their state.
        """
        level, step, state = self.level, self.step, self.optimizer.state()
        return lambda: ResumeState(level, step.index, {**state, "point": step.point, "shown": step.image})


def optimize_multiscale(
    schedule: Sequence[ScheduleLevel],
    evaluate_at: EvaluateAt,
    start: Image | ResumeState,
    options: OptimizerOptions,
    partition: Partition = FULL_IMAGE,
    *,
    detail: Callable[[Size, Size], Image | None] = lambda old, new: None,
) -> Iterator[Progress]:
    """Optimize an image at each level in turn, starting from a full image or from where a run was interrupted.

    Each level starts from the enlarged result of the one before, plus the `detail` (of the full image) that the second
    of two sizes shows and the first does not. Only this process's part is evaluated, yielded and saved.

    Raises: InputError: the interrupted run had another optimizer, or other sizes.
    """
    return leave_inference_mode(_optimize(schedule, evaluate_at, start, options, partition, detail))


def leave_inference_mode(steps: Generator[Progress, None, None]) -> Iterator[Progress]:
    """Yield the steps of a generator, each computed outside the caller's inference mode, which has no gradients.

    Differs: torch's decorator keeps a generator's arguments, and so a loaded state, for as long as it runs.
    """
    with closing(steps):
        while True:
            with torch.inference_mode(False):
                step = next(steps, None)
            if step is None:
                return
            yield step
            del step  # its images need not outlive it


def _optimize(
    schedule: Sequence[ScheduleLevel],
    evaluate_at: EvaluateAt,
    start: Image | ResumeState,
    options: OptimizerOptions,
    partition: Partition,
    detail: Callable[[Size, Size], Image | None],
) -> Generator[Progress, None, None]:
    parametrization = PixelParametrization(options.optimizer_scale, (0.0, 1.0) if options.bounded else None)
    first = start.level if isinstance(start, ResumeState) else 0
    optimizer = make_optimizer(options.at_level(first), partition.reductions)
    shown: Image | OptimizationStep
    if isinstance(start, ResumeState):
        iterations, point, shown = load_resume_state(start, optimizer, schedule, partition)
        held = schedule[first].size
    else:
        iterations, shown, held = 0, partition.crop(start), Size.of(start)
        point = parametrization.to_point(shown)
    del start  # it may take more memory than an evaluation
    for index in range(first, len(schedule)):
        size, budget = schedule[index]
        if held != size:
            optimizer = _at_next_level(optimizer, options, index, partition.reductions)
            added = detail(held, size) if index else None
            point = move_to_next_level(
                parametrization,
                optimizer,
                shown.image if isinstance(shown, OptimizationStep) else shown,
                resize=partial(partition.resize, old=held, new=size),
                gradient=held.area / size.area if options.carried_memory == "scaled" else 1.0,
                detail=None if added is None else partition.crop(added),
            )
            held = size
        evaluate, reductions = evaluate_at(size), partition.reductions
        while iterations < budget:
            here, end = _outer_step(evaluate, iterations, budget)
            if options.restart:
                end = _until_restart(optimizer, iterations, end, options.restart)
            for step in minimize(
                parametrization, here, optimizer, end, point=point, evaluations=iterations, reductions=reductions
            ):
                point, shown, iterations = step.point, step, step.index  # nothing large beyond what the step holds
                yield Progress(schedule, index, step, optimizer)
            if iterations < end == budget:  # no step decreases the loss
                break
            iterations = end  # the next outer step has another function, or starts anew
        iterations = 0


def _outer_step(evaluate: Evaluate | ResampledObjective, iterations: int, budget: int) -> tuple[Evaluate, int]:
    """Return the evaluation after a number of iterations, and the iteration count at which its step ends."""
    return evaluate.outer_step(iterations, budget) if isinstance(evaluate, ResampledObjective) else (evaluate, budget)


def _until_restart(optimizer: Optimizer, iterations: int, end: int, every: int) -> int:
    """Reset the optimizer if a restart is due, and return the iteration count of the next restart, at most `end`."""
    if iterations and iterations % every == 0:
        optimizer.reset()
    return min(end, (iterations // every + 1) * every)


def _at_next_level(optimizer: Optimizer, options: OptimizerOptions, level: int, reductions: Reductions) -> Optimizer:
    """Return the optimizer for a level after the first, with the memory that it carries, not yet rescaled."""
    if options.carried_memory == "none":
        optimizer.reset()
    if not (level == 1 and options.finer_history):
        return optimizer
    finer = make_optimizer(options.at_level(level), reductions)
    finer.load(optimizer.state())
    return finer


def load_resume_state(
    resume: ResumeState, optimizer: Optimizer, schedule: Sequence[ScheduleLevel], partition: Partition = FULL_IMAGE
) -> tuple[int, Tensor, Image]:
    """Load the optimizer's state, and return the iterations spent at the level, the point and the image.

    Raises: InputError: the state belongs to another optimizer, or to another size than the level's.
    """
    levels = schedule[resume.level : resume.level + 1]
    parts = [Size.of(partition.crop(torch.empty(1, 3, *level.size, device="meta"))) for level in levels]
    if parts != [held := Size.of(resume.state["point"])]:
        raise InputError(
            f"the saved state is of {held} pixels at size {resume.level + 1}, which this run has not "
            f"({', '.join(str(level.size) for level in schedule)}): resume with the same options and images."
        )
    optimizer.load(resume.state)
    return resume.iterations, resume.state["point"], resume.state["shown"]


def with_resampling(objective: Objective, evaluate: Callable[[Objective], Evaluate]) -> Evaluate | ResampledObjective:
    """Return the evaluation of an objective, resampled at every outer step if it has stochastic losses."""
    if not any(isinstance(weighted.loss, StochasticLoss) for weighted in objective.losses.values()):
        return evaluate(objective)
    return ResampledObjective(lambda step: evaluate(objective.resample(step)))


def with_final_colors(steps: Iterator[Progress], finish: Callable[[Image], Image]) -> Iterator[Progress]:
    """Yield the same steps, with `finish` applied to their images."""
    for progress in steps:
        yield progress._replace(finish=finish)
