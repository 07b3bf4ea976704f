"""Figure 2 of 1508.06576: one photograph in the style of several paintings."""

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
    measures_by_column,
)
from brushwork.experiments.measures import structural_similarity
from brushwork.recipes import load_preset
from brushwork.types import Image

KEPT = "SSIM to the photograph"


def make_cells(context: ExperimentContext) -> list[ExperimentCell]:
    """Return the cells: the content image in each style."""
    return [_cell(context, name) for name in context.styles]


def _cell(context: ExperimentContext, name: str) -> ExperimentCell:
    options = context.scale_iterations(replace(load_preset("gatys-2015"), size=context.size, measure="long"))
    images = RecipeInputs(context.content, (context.styles[name],))
    measure = partial(_measure, context.content)
    return ExperimentCell("", name, context.settings(options, images), context.recipe(options, images), measure)


def _measure(content: Image, first_and_last: FirstAndLast) -> Measures:
    """Return each layer's loss at the end, divided by its value at the start."""
    init = first_and_last.first.step.losses.terms
    left = {f"{name}, left": float(value / init[name]) for name, value in first_and_last.last.step.losses.terms.items()}
    return {**left, KEPT: structural_similarity(first_and_last.last.image, content)}


def check_claims(results: Sequence[CellResult]) -> list[ClaimCheck]:
    """Return the checks of the claims."""
    left = {
        one.column: max(value for name, value in one.measures.items() if name.startswith("style:")) for one in results
    }
    content = {one.column: one.measures["content:conv4_2, left"] for one in results}
    return [
        ClaimCheck(
            "the style of every painting is matched on all layers (fraction of the loss that remains on the worst "
            "layer, below 10 %)",
            format_named_values(left),
            max(left.values()) < 0.1,
        ),
        ClaimCheck(
            "so is the content of the photograph (fraction of the loss that remains on conv4_2, below one half)",
            format_named_values(content),
            max(content.values()) < 0.5,
        ),
        ClaimCheck(
            "the photograph remains recognizable in every style (SSIM)",
            format_named_values(measures_by_column(results, KEPT)),
            None,
        ),
    ]


EXPERIMENT = Experiment(
    name="fig2",
    title="One photograph in the style of several paintings",
    source="Gatys, Ecker, Bethge, 1508.06576, figure 2",
    claim="Content and style can be separated: pictures that match the content of a photograph (conv4_2) and "
    "the style of well-known artworks (conv1_1 … conv5_1) show the one in the appearance of the other.",
    cells=make_cells,
    check=check_claims,
)
