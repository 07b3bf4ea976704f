"""Figure 1 of 1508.06576: content and style reconstructions, which show what each layer keeps."""

from __future__ import annotations

from collections.abc import Sequence
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
    is_increasing,
    measures_by_column,
    results_of_row,
)
from brushwork.experiments.measures import correlation, grain_size, psnr, sum_losses
from brushwork.recipes import ReconstructionOptions, TextureOptions
from brushwork.types import Image

LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
CONTENT, STYLE = "content", "style"

PERFECT = 25.0
"""Minimum PSNR, in dB, of a reconstruction that counts as almost perfect."""
STRANGER = 0.3
"""Maximum correlation at which a picture counts as arranged differently."""


def make_cells(context: ExperimentContext) -> list[ExperimentCell]:
    """Return the cells: a content and a style reconstruction for each layer."""
    return [*(_content(context, layer) for layer in LAYERS), *(_style(context, depth) for depth in range(1, 6))]


def _content(context: ExperimentContext, layer: str) -> ExperimentCell:
    options = context.scale_iterations(ReconstructionOptions(layer=layer, size=context.size))
    images = RecipeInputs(context.content)
    measure = partial(_of_content, context.content)
    return ExperimentCell(CONTENT, layer, context.settings(options, images), context.recipe(options, images), measure)


def _of_content(content: Image, first_and_last: FirstAndLast) -> Measures:
    error = float(first_and_last.last.step.losses.total / first_and_last.first.step.losses.total)
    return {"PSNR, dB": psnr(first_and_last.last.image, content), "feature error, end / start": error}


def _style(context: ExperimentContext, depth: int) -> ExperimentCell:
    layers = LAYERS[:depth]
    options = context.scale_iterations(TextureOptions(style_layers=layers, picture_size=context.size, measure="long"))
    images = RecipeInputs(context.style)
    measure = partial(_of_style, context.style)
    return ExperimentCell(
        STYLE, layers[-1], context.settings(options, images), context.recipe(options, images), measure
    )


def _of_style(style: Image, first_and_last: FirstAndLast) -> Measures:
    worst = max(
        float(first_and_last.last.step.losses.terms[name] / value)
        for name, value in first_and_last.first.step.losses.terms.items()
    )
    ratio = sum_losses(first_and_last.last, "style:") / sum_losses(first_and_last.first, "style:")
    return {
        "grain, px": grain_size(first_and_last.last.image),
        "correlation with the painting": correlation(first_and_last.last.image, style),
        "style loss, end / start": ratio,
        "worst layer, end / start": worst,
    }


def check_claims(results: Sequence[CellResult]) -> list[ClaimCheck]:
    """Return the checks of the claims."""
    return [*_of_photograph(results_of_row(results, CONTENT)), *_of_painting(results_of_row(results, STYLE))]


def _of_photograph(results: Sequence[CellResult]) -> list[ClaimCheck]:
    ratios, errors = measures_by_column(results, "PSNR, dB"), measures_by_column(results, "feature error, end / start")
    lower = list(ratios.values())[:3]
    return [
        ClaimCheck(
            "higher layers lose the photograph's pixels (PSNR in dB falls)",
            format_named_values(ratios),
            is_decreasing([*ratios.values()]),
        ),
        ClaimCheck(
            f"conv1_1 to conv3_1 keep it almost perfectly ({PERFECT:g} dB)", format_values(lower), min(lower) >= PERFECT
        ),
        ClaimCheck(
            "every layer's features are matched (remaining error below 5 %)",
            format_named_values(errors),
            max(errors.values()) < 0.05,
        ),
    ]


def _of_painting(results: Sequence[CellResult]) -> list[ClaimCheck]:
    grains, alike = (
        measures_by_column(results, "grain, px"),
        measures_by_column(results, "correlation with the painting"),
    )
    return [
        ClaimCheck(
            "structures grow with the layers that are matched (half-width of the autocorrelation in pixels)",
            format_named_values(grains),
            is_increasing([*grains.values()]),
        ),
        ClaimCheck(
            f"the arrangement of the scene is lost (correlation with the painting within ±{STRANGER})",
            format_named_values(alike, ".2f"),
            max(map(abs, alike.values())) <= STRANGER,
        ),
    ]


EXPERIMENT = Experiment(
    name="fig1",
    title="Content and style reconstructions",
    source="Gatys, Ecker, Bethge, A Neural Algorithm of Artistic Style (1508.06576), figure 1",
    claim="Reconstruction of the photograph from the lower layers is almost perfect; in the higher layers "
    "detailed pixel information is lost while the high-level content is kept. Style reconstructions from "
    "growing subsets of layers match the painting on an increasing scale, and discard the arrangement of "
    "the scene.",
    cells=make_cells,
    check=check_claims,
)
