"""Figure 3 of 1508.06576: layers × ratio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import sqrt

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
    format_values,
    is_decreasing,
    is_increasing,
    results_of_row,
)
from brushwork.experiments.measures import sum_losses
from brushwork.images import Size, fit_size, resize
from brushwork.metrics.feature_distances import gram_distance
from brushwork.recipes import TransferOptions, load_preset
from brushwork.types import Image

LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
RATIOS = (1e-5, 1e-4, 1e-3, 1e-2)
"""α/β as printed in the paper; the two in the middle are not certain."""
SHARE = 0.8
"""Fraction of the iterations in a quick run: smaller ratios settle late, and their order changes before."""
DEEPEST = f"Gram distance on {LAYERS[-1]}"


def make_cells(context: ExperimentContext) -> list[ExperimentCell]:
    """Return the cells: each subset of layers with each ratio."""
    return [_cell(context, depth, ratio) for depth in range(1, 6) for ratio in RATIOS]


def _cell(context: ExperimentContext, depth: int, ratio: float) -> ExperimentCell:
    base = load_preset("gatys-2015")
    options = context.scale_iterations(
        replace(
            base,
            size=context.size,
            measure="long",
            style_layers=LAYERS[:depth],
            content_weight=ratio * base.style_weight,
        ),
        SHARE,
    )
    images = RecipeInputs(context.content, (context.style,))
    settings, paint = context.settings(options, images), context.recipe(options, images)
    measure = partial(_measure, context, options)
    return ExperimentCell(f"to {LAYERS[depth - 1]}", f"{ratio:.0e}", settings, paint, measure)


def _measure(context: ExperimentContext, options: TransferOptions, first_and_last: FirstAndLast) -> Measures:
    """Return the unweighted losses, and the highest layer's distance from the painting, whether matched or not."""
    return {
        "content loss": sum_losses(first_and_last.last, "content:") / options.content_weight,
        "style loss": sum_losses(first_and_last.last, "style:") / options.style_weight,
        DEEPEST: _apart(context, options, first_and_last.last.image),
    }


@torch.no_grad()
def _apart(context: ExperimentContext, options: TransferOptions, image: Image) -> float:
    """Return ‖G − A‖/‖A‖ on the highest layer."""
    encoder = context.encoder(options)
    style = resize(context.style, fit_size(Size.of(context.style), context.size, measure="long"), clamp=True)
    own, other = (encoder(one, LAYERS[-1:])[LAYERS[-1]] for one in (image, style))
    return sqrt(gram_distance(own, other))


def check_claims(results: Sequence[CellResult]) -> list[ClaimCheck]:
    """Return the checks of the claims."""
    rows = list(dict.fromkeys(result.row for result in results))
    most = [results_of_row(results, row)[0].measures[DEEPEST] for row in rows]
    return [
        *(one for row in rows for one in _row(results, row)),
        ClaimCheck(
            "the more layers are matched, the closer the match on the highest (leftmost column, ‖G − A‖/‖A‖ on "
            f"{LAYERS[-1]})",
            format_values(most),
            is_decreasing(most),
        ),
    ]


def _row(results: Sequence[CellResult], row: str) -> list[ClaimCheck]:
    content, style = (
        [result.measures[name] for result in results_of_row(results, row)] for name in ("content loss", "style loss")
    )
    return [
        ClaimCheck(f"{row}: the content loss falls from left to right", format_values(content), is_decreasing(content)),
        ClaimCheck(f"{row}: the style loss rises from left to right", format_values(style), is_increasing(style)),
    ]


EXPERIMENT = Experiment(
    name="fig3",
    title="Layers × ratio of content to style",
    source="Gatys, Ecker, Bethge, 1508.06576, figure 3",
    claim="Rows: style matched on growing subsets of layers, whose structures grow larger and smoother. "
    "Columns: the ratio α/β of content to style, from a texturized version of the painting on the left to"
    " the photograph with hardly any style on the right.",
    cells=make_cells,
    check=check_claims,
)
