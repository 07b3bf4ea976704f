"""The loop that every recipe is: sizes from coarse to fine, and at each the same optimization."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from brushwork.canvas import Pixels
from brushwork.errors import InputError
from brushwork.optimize import LBFGS, Adam, Guard, Optimizer, Products, Step, climb, minimize
from brushwork.optimize.products import WHOLE
from brushwork.picture.resample import fit
from brushwork.picture.window import Size
from brushwork.recipes.options import SMALLEST_SIDE, Descending, Extent, Measure, measured
from brushwork.recipes.redrawing import Redrawing
from brushwork.recipes.share import ALONE, Share
from brushwork.types import Evaluate, Image, State

EvaluateAt: TypeAlias = Callable[[Size], Evaluate | Redrawing]
"""The losses of a recipe at a size; its targets are made there."""


class Level(NamedTuple):
    """One size of the picture, and the closures spent at it."""

    size: Size
    closures: int


class Saved(NamedTuple):
    """Where a painting stands: enough to go on from, bit for bit."""

    level: int
    spent: int
    """Closures spent at this level."""
    state: State
    """The optimizer's state, its point as `point`, and the picture shown as `shown`."""


class Progress(NamedTuple):
    """What a recipe yields after every step."""

    levels: Sequence[Level]
    level: int
    """Index of the current level, coarse to fine."""
    step: Step
    optimizer: Optimizer
    finish: Callable[[Image], Image] | None = None
    """What is made of the optimized picture in the end."""

    @property
    def image(self) -> Image:
        """The picture as it is now, at this level's size, in [0, 1]."""
        image = self.step.image.clamp(0, 1)
        return image if self.finish is None else self.finish(image)

    @property
    def spent(self) -> int:
        """Closures spent so far, over all levels."""
        return sum(level.closures for level in self.levels[: self.level]) + self.step.index

    @property
    def budget(self) -> int:
        """Closures of the whole painting."""
        return sum(level.closures for level in self.levels)

    def saved(self) -> Saved:
        """Everything that is needed to go on from here, no two tensors in the same memory: safetensors wants that."""
        saved, point = self.saving()(), self.step.point
        apart = {
            name: value.clone() if value.data_ptr() == point.data_ptr() else value
            for name, value in saved.state.items()
        }
        return saved._replace(state={**apart, "point": point})

    def saving(self) -> Callable[[], Saved]:
        """The same, to be had later too: only the picture is made then, which few steps are asked for."""
        level, step, state = self.level, self.step, self.optimizer.state()
        return lambda: Saved(level, step.index, {**state, "point": step.point, "shown": step.image})


def levels(own: Size, size: Extent, measure: Measure, descending: Descending) -> list[Level]:
    """The sizes to paint at, coarse to fine, with their closures.

    `own` gives the proportions, and the size itself where that is `full`. It is halved as long as it stays nearer to
    the coarsest than its double, and no side gets too small to be painted.
    """
    finest, pixels = (own, measured(own, measure)) if size == "full" else (fit(own, size, by=measure), size)
    sizes = [finest]
    while descending.coarsest and pixels / 2 ** (len(sizes) - 0.5) >= descending.coarsest:
        smaller = fit(own, round(pixels / 2 ** len(sizes)), by=measure)
        if min(smaller) < SMALLEST_SIDE:
            break
        sizes.append(smaller)
    closures = [max(1, round(descending.iterations * descending.finer_share**index)) for index in range(len(sizes))]
    return [Level(*level) for level in zip(reversed(sizes), closures, strict=True)]


def coarse_to_fine(
    plan: Sequence[Level],
    evaluate_at: EvaluateAt,
    start: Image,
    options: Descending,
    saved: Saved | None = None,
    share: Share = ALONE,
) -> Iterator[Progress]:
    """Optimize a picture at each level in turn, from `start`; each level begins with the one before, enlarged.

    With `saved`, go on from there instead. `start` is the whole picture; what is evaluated, shown and saved is this
    process's share.
    """
    canvas = Pixels(options.pixel_range, (0.0, 1.0) if options.boxed else None)
    optimizer = optimizer_of(options, share.products)
    part = share.cut(start)
    shown: Image | Step = part
    first, spent, point, held = 0, 0, canvas.point(part), Size.of(start)
    if saved is not None:
        first, spent, point, shown = resume(saved, optimizer, start.device)
        held = plan[first].size
    del saved, start, part  # they may take more memory than a closure
    for index in range(first, len(plan)):
        size, closures = plan[index]
        if held != size:
            point, held = _climb(canvas, optimizer, _picture(shown), (held, size), share), size
        evaluate, products = evaluate_at(size), share.products
        while spent < closures:
            here, end = _outer_step(evaluate, spent, closures)
            for step in minimize(canvas, here, optimizer, end, point=point, spent=spent, products=products):
                point, shown, spent = step.point, step, step.index  # nothing large that the step does not hold
                yield Progress(plan, index, step, optimizer)
            if spent < end:  # no step leads down
                break
        spent = 0


def _outer_step(evaluate: Evaluate | Redrawing, spent: int, closures: int) -> tuple[Evaluate, int]:
    """What is evaluated after so many closures, and until how many are spent."""
    return evaluate.outer_step(spent, closures) if isinstance(evaluate, Redrawing) else (evaluate, closures)


def _picture(shown: Image | Step) -> Image:
    return shown.image if isinstance(shown, Step) else shown


def _climb(canvas: Pixels, optimizer: Optimizer, shown: Image, sizes: tuple[Size, Size], share: Share) -> Tensor:
    """The point to go on from at the second of two sizes."""
    old, new = sizes
    gradient = old.area / new.area
    return climb(canvas, optimizer, shown, new, gradient=gradient, resize=lambda held, _: share.resize(held, old, new))


def resume(saved: Saved, optimizer: Optimizer, device: torch.device) -> tuple[int, int, Tensor, Image]:
    """Level, closures spent at it, point and picture; the optimizer is loaded."""
    # Numbers stay where they are: not every device has float64.
    state = {name: value.to(device) if value.ndim else value for name, value in saved.state.items()}
    point, shown = state.pop("point"), state.pop("shown")
    optimizer.load(state)
    return saved.level, saved.spent, point, shown


def optimizer_of(options: Descending, products: Products = WHOLE) -> Optimizer:
    """The optimizer that the options name, under guard.

    Raises: InputError: it looks at the whole picture, and the products are those of several machines.
    """
    if options.preconditioner == "frequency" and products is not WHOLE:
        raise InputError(
            "preconditioner frequency looks at the whole picture, and several processes have parts of it: "
            "take preconditioner none, or one process."
        )
    if options.optimizer == "adam":
        return Guard(Adam(lr=options.learning_rate, average=options.averaging))
    lbfgs = partial(
        LBFGS,
        history=options.history,
        lr=options.learning_rate,
        search=options.line_search,
        largest_move=options.largest_move * options.pixel_range or None,
        products=products,
        storage=options.history_storage,
        octaves=options.preconditioner == "frequency",
    )
    if options.first_move == 0:
        return Guard(lbfgs())
    return Guard(lbfgs(first_move=options.first_move * options.pixel_range, least_curvature=0.0))
