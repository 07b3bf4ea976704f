"""The published programs on one pair, with the same budget, each judged by all objectives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch

from brushwork.controls import RecipeInputs
from brushwork.experiments.context import ExperimentContext
from brushwork.experiments.experiment import (
    CellResult,
    ClaimCheck,
    Experiment,
    ExperimentCell,
    FirstAndLast,
    Measures,
    format_named_values,
)
from brushwork.gradients import evaluate_whole
from brushwork.images import Size, resize
from brushwork.recipes import PRESETS, TransferOptions, load_preset
from brushwork.recipes.multiscale import make_schedule
from brushwork.recipes.style_transfer import TransferProblem
from brushwork.types import Image

BUDGET = 300
"""Closures of each."""
ALIKE = 1.05
"""Times the least loss: some programs share an objective but for a factor, and none is better then."""


def make_cells(context: ExperimentContext) -> list[ExperimentCell]:
    """The pictures to paint."""
    return [_cell(context, name) for name in PRESETS]


def _options(context: ExperimentContext, name: str) -> TransferOptions:
    return context.with_iterations(replace(load_preset(name), size=context.size, measure="long", iterations=BUDGET))


def _cell(context: ExperimentContext, name: str) -> ExperimentCell:
    options, images = _options(context, name), RecipeInputs(context.content, (context.style,))
    settings, paint = context.settings(options, images), context.recipe(options, images)
    return ExperimentCell("", name, settings, paint, partial(_measure, context))


def _measure(context: ExperimentContext, first_and_last: FirstAndLast) -> Measures:
    """The loss under every program's objective, over that of the photograph."""
    return {f"{name}'s loss": _loss(context, name, first_and_last.last.image) for name in PRESETS}


def _loss(context: ExperimentContext, name: str, image: Image) -> float:
    options = _options(context, name)
    size = make_schedule(Size.of(context.content), options.size, options.measure, options)[-1].size
    subject = TransferProblem(context.content, (context.style,), options, context.encoder(options))
    evaluate = evaluate_whole(subject.encoder, subject.objective_at(size))
    own, unpainted = (
        evaluate(resize(one, size, clamp=True).clone().requires_grad_(True)).total for one in (image, context.content)
    )
    return float(own / torch.clamp_min(unpainted, torch.finfo(unpainted.dtype).tiny))


def check_claims(results: Sequence[CellResult]) -> list[ClaimCheck]:
    """The claims, beside what was measured."""
    return [_best(results, name) for name in PRESETS]


def _best(results: Sequence[CellResult], name: str) -> ClaimCheck:
    losses = {one.column: one.figures[f"{name}'s loss"] for one in results}
    return ClaimCheck(
        f"under the objective of {name} no program does clearly better than it (1: the photograph itself)",
        format_named_values(losses),
        losses[name] <= ALIKE * min(losses.values()),
    )


EXPERIMENT = Experiment(
    name="programs",
    title="The published programs side by side",
    source="Nikulin, Novak, 1602.07188, comparison of implementations; the programs themselves",
    claim="Implementations differ in weights, network, start and optimizer, and so in their pictures. All spend"
    " the same closures here; a program of several sizes spends some of them on small pictures.",
    cells=make_cells,
    check=check_claims,
)
