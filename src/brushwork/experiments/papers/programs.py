"""The published programs on one pair with equal work, judged by each other's losses and two independent evaluators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import torch

from brushwork.controls import RecipeInputs
from brushwork.experiments.context import ExperimentContext, has_weights
from brushwork.experiments.experiment import (
    CellResult,
    ClaimCheck,
    Experiment,
    ExperimentCell,
    FirstAndLast,
    Measures,
    format_named_values,
    measures_by_column,
)
from brushwork.experiments.memory import peak_megabytes
from brushwork.gradients import evaluate_whole
from brushwork.images import Size, resize
from brushwork.options import SMALLEST_SIDE
from brushwork.recipes import PRESETS, TransferOptions, load_preset
from brushwork.recipes.style_transfer import TransferProblem
from brushwork.types import Image

BUDGET = 300
"""Evaluations of each program at the full size, or more at smaller ones with as many pixels in total."""

LARGE_SIZE = 1024
"""Size of the result for programs that are meant for pictures at their full size."""

ALIKE = 1.05
"""Factor of the least loss up to which losses count as equal: some programs' objectives differ only by a factor."""

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "ours, Gatys et al.": ("default", "gatys-2015", "gatys-2016", "gatys-2016-highres"),
    "after them": ("neural-style", "neural-style-pt", "pastiche", "spst"),
}
"""Row of the grid → programs in it; each of the others has its own row."""

EVALUATORS = ("alexnet", "vgg16")
"""Networks that evaluate the results of programs that did not optimize with them."""

SLICED, MEMORY = "sliced style", "memory, MB"

EVALUATED = [f"{kind}, {network}" for network in EVALUATORS for kind in ("content", SLICED)]
"""The evaluators' measures."""


def make_cells(context: ExperimentContext) -> list[ExperimentCell]:
    """Return the cells of the programs whose weights are on this machine."""
    return [_cell(context, name) for name in _available(context)]


def _available(context: ExperimentContext) -> list[str]:
    return [name for name in PRESETS if has_weights(context.encoder, _options(context, name))]


def _options(context: ExperimentContext, name: str) -> TransferOptions:
    """Return a program's options at the size of this run; its intermediate sizes are scaled in proportion."""
    own = load_preset(name)
    scaled = round(own.min_size * context.size / (LARGE_SIZE if own.size == "full" else own.size))
    smallest = max(SMALLEST_SIDE, scaled)
    options = replace(own, size=context.size, measure="long", min_size=own.min_size and smallest)
    return _with_budget(context, options)


def _with_budget(context: ExperimentContext, options: TransferOptions) -> TransferOptions:
    """Return the options with the number of iterations that uses up the budget."""
    levels = options.schedule(Size.of(context.content))
    work = sum(level.iterations * level.size.area for level in levels) / levels[-1].size.area
    budget = context.scale_iterations(replace(options, iterations=BUDGET)).iterations
    fraction = budget / work
    first, finer = (round(fraction * given) for given in (options.iterations, options.finer_iterations))
    return replace(options, iterations=max(1, first), finer_iterations=max(1, finer) if options.finer_iterations else 0)


def _cell(context: ExperimentContext, name: str) -> ExperimentCell:
    options, images = _options(context, name), RecipeInputs(context.content, (context.style,))
    evaluators = context.available_evaluators(EVALUATORS)
    settings = {**context.settings(options, images), "evaluated by": [*evaluators, *_available(context)]}
    row = next((row for row, names in FAMILIES.items() if name in names), "others")
    return ExperimentCell(row, name, settings, context.recipe(options, images), partial(_measure, context, name))


def _measure(context: ExperimentContext, name: str, first_and_last: FirstAndLast) -> Measures:
    """Return the loss under every program's objective, relative to the content image's, and evaluators' distances."""
    image, options = first_and_last.last.image, _options(context, name)
    measures = {f"{other}'s loss": _loss(context, other, image) for other in _available(context)}
    for network in context.available_evaluators(EVALUATORS):
        if network != options.network:
            measures |= _evaluate(context, network, image)
    images = RecipeInputs(context.content, (context.style,))
    return {**measures, MEMORY: peak_megabytes(options, images, first_and_last.last)}


def _evaluate(context: ExperimentContext, network: str, image: Image) -> Measures:
    """Return the distances to content and style in a network; none if the images are too small for its layers."""
    found = context.evaluate(network, image, content=context.content, style=context.style)
    return {} if found is None else {f"content, {network}": found.content, f"{SLICED}, {network}": found.sliced_style}


def _loss(context: ExperimentContext, name: str, image: Image) -> float:
    options = _options(context, name)
    size = options.schedule(Size.of(context.content))[-1].size
    problem = TransferProblem(context.content, (context.style,), options, context.encoder(options))
    evaluate = evaluate_whole(problem.encoder, problem.objective_at(size))
    own, unpainted = (
        evaluate(resize(one, size, clamp=True).clone().requires_grad_(True)).total for one in (image, context.content)
    )
    return float(own / torch.clamp_min(unpainted, torch.finfo(unpainted.dtype).tiny))


def check_claims(results: Sequence[CellResult]) -> list[ClaimCheck]:
    """Return the checks of the claims."""
    costs = {one.column: f"{one.seconds:.0f} s" for one in results}
    if all(MEMORY in one.measures for one in results):
        costs = {one.column: f"{costs[one.column]} and {one.measures[MEMORY]:.0f} MB" for one in results}
    return [
        *(_best(results, one.column) for one in results),
        *(check for measure in EVALUATED for check in _check_metric(results, measure)),
        ClaimCheck("what each takes", ", ".join(f"{name} {cost}" for name, cost in costs.items()), None),
    ]


def _best(results: Sequence[CellResult], name: str) -> ClaimCheck:
    losses = measures_by_column(results, f"{name}'s loss")
    return ClaimCheck(
        f"under the objective of {name} no program does clearly better than it (1: the photograph itself)",
        format_named_values(losses),
        losses[name] <= ALIKE * min(losses.values()),
    )


def _check_metric(results: Sequence[CellResult], measure: str) -> list[ClaimCheck]:
    ranked = dict(sorted(measures_by_column(results, measure).items(), key=lambda one: one[1]))
    claim = f"{measure} distance, in networks that it was not optimized with"
    return [ClaimCheck(claim, format_named_values(ranked), None)] if ranked else []


EXPERIMENT = Experiment(
    name="programs",
    title="The published programs side by side",
    source="Nikulin, Novak, 1602.07188, comparison of implementations; the programs themselves",
    claim="Implementations differ in weights, network, start and optimizer, and so in their pictures. All do the same"
    " work here: a program of several sizes has more evaluations, as many as make the same number of pixels.",
    cells=make_cells,
    check=check_claims,
)
