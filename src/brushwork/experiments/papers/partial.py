"""Partial transfer (1602.07188): low layers belong to the content, high ones to the style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

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
    format_values,
    is_decreasing,
    measures_by_column,
)
from brushwork.experiments.measures import chroma_distance, sum_losses
from brushwork.recipes import TransferOptions
from brushwork.types import Image

LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
DEEPEST = f"style:{LAYERS[-1]}"
HIGH = f"loss of {LAYERS[-1]}, end / start"

OPTIONS = TransferOptions(
    style_falloff=1.0,
    moment_weight=0.0,
    init="content",
    jitter=0,
    min_size=0,
    iterations=300,
    initial_step=3e-4,
    max_step=0.05,
)
"""Losses relative to the painting, so that layers weigh the same; no means and deviations, which carry color."""


def make_cells(context: ExperimentContext) -> list[ExperimentCell]:
    """Return the cells: style from each layer upwards, content below it."""
    return [_cell(context, first) for first in range(len(LAYERS))]


def _cell(context: ExperimentContext, first: int) -> ExperimentCell:
    content, style = (*LAYERS[:first], "conv4_2"), LAYERS[first:]
    options = context.scale_iterations(replace(OPTIONS, size=context.size, content_layers=content, style_layers=style))
    images = RecipeInputs(context.content, (context.style,))
    measure = partial(_measure, context.content, context.style)
    settings, paint = context.settings(options, images), context.recipe(options, images)
    return ExperimentCell("", f"style from {LAYERS[first]}", settings, paint, measure)


def _measure(content: Image, style: Image, first_and_last: FirstAndLast) -> Measures:
    return {
        "chroma distance to the photograph": chroma_distance(first_and_last.last.image, content),
        "chroma distance to the painting": chroma_distance(first_and_last.last.image, style),
        "content loss": sum_losses(first_and_last.last, "content:"),
        "style loss": sum_losses(first_and_last.last, "style:"),
        HIGH: float(first_and_last.last.step.losses.terms[DEEPEST] / first_and_last.first.step.losses.terms[DEEPEST]),
    }


def check_claims(results: Sequence[CellResult]) -> list[ClaimCheck]:
    """Return the checks of the claims."""
    high = measures_by_column(results, HIGH)
    distances = [one.measures["chroma distance to the photograph"] for one in results]
    return [
        ClaimCheck(
            "the more low layers are content, the closer the photograph's colors (chroma distance to it falls)",
            format_values(distances),
            is_decreasing(distances),
        ),
        ClaimCheck(
            "the style of the high layers is still transferred (loss of conv5_1, end / start, below one half)",
            format_named_values(high),
            max(high.values()) < 0.5,
        ),
    ]


EXPERIMENT = Experiment(
    name="partial",
    title="Partial style transfer",
    source="Nikulin, Novak, 1602.07188, partial style transfer",
    claim="Moving low layers from the style to the content keeps the photograph's color and low-level features,"
    " while the high-level style is transferred.",
    cells=make_cells,
    check=check_claims,
)
