"""Figures 5, 6 and 7 of the CVPR 2016 paper: content layers, initial images, photographs as styles."""

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
    format_values,
    pairwise_distances,
    results_of_row,
)
from brushwork.experiments.measures import chroma_distance, rms_distance, structural_similarity
from brushwork.recipes import TransferOptions, load_preset
from brushwork.types import Image

CONTENT_LAYERS = ("conv2_2", "conv4_2")
NOISES = 4
LAYER, START, PHOTOGRAPHS = "content layer", "start", "photograph as style"


def make_cells(context: ExperimentContext) -> list[ExperimentCell]:
    """Return the cells: content layers, initial images, and a photograph as the style."""
    return [*_layers(context), *_starts(context), *_contents(context)]


def _base(context: ExperimentContext) -> TransferOptions:
    return context.scale_iterations(replace(load_preset("gatys-2015"), size=context.size, measure="long"))


def _layers(context: ExperimentContext) -> list[ExperimentCell]:
    base = _base(context)
    return [_cell(context, LAYER, layer, replace(base, content_layers=(layer,))) for layer in CONTENT_LAYERS]


def _starts(context: ExperimentContext) -> list[ExperimentCell]:
    base = _base(context)
    seeds = {f"noise {seed}": replace(base, seed=seed) for seed in range(NOISES)}
    starts = {"photograph": replace(base, init="content"), "painting": replace(base, init="style"), **seeds}
    return [_cell(context, START, name, options) for name, options in starts.items()]


def _contents(context: ExperimentContext) -> list[ExperimentCell]:
    """Return the cell, if any, in which the second photograph is the style of the first.

    α/β is 1e-2, and the initial image is the photograph.
    """
    if len(context.contents) < 2:
        return []
    (_, own), (name, other), *_ = context.contents.items()
    base = _base(context)
    options = replace(base, init="content", content_weight=1e-2 * base.style_weight)
    images = RecipeInputs(own, (other,))
    settings, paint = context.settings(options, images), context.recipe(options, images)
    return [ExperimentCell(PHOTOGRAPHS, name, settings, paint, partial(_of_photograph, own, other))]


def _cell(context: ExperimentContext, row: str, column: str, options: TransferOptions) -> ExperimentCell:
    images = RecipeInputs(context.content, (context.style,))
    settings, paint = context.settings(options, images), context.recipe(options, images)
    return ExperimentCell(row, column, settings, paint, partial(_measure, context.content))


def _measure(content: Image, first_and_last: FirstAndLast) -> Measures:
    return {
        "loss": float(first_and_last.last.step.losses.total),
        "to the photograph": rms_distance(first_and_last.last.image, content),
        "SSIM to the photograph": structural_similarity(first_and_last.last.image, content),
    }


def _of_photograph(own: Image, other: Image, first_and_last: FirstAndLast) -> Measures:
    return {
        **_measure(own, first_and_last),
        "chroma distance before": chroma_distance(own, other),
        "chroma distance after": chroma_distance(first_and_last.last.image, other),
    }


def check_claims(results: Sequence[CellResult]) -> list[ClaimCheck]:
    """Return the checks of the claims."""
    low, high = (one.measures["SSIM to the photograph"] for one in results_of_row(results, LAYER))
    return [
        ClaimCheck(
            "conv2_2 keeps the photograph's fine detail, conv4_2 lets it merge with the style (SSIM to it)",
            format_values([low, high]),
            low > high,
        ),
        *_of_starts(results_of_row(results, START)),
        *map(_of_light, results_of_row(results, PHOTOGRAPHS)),
    ]


def _of_starts(results: Sequence[CellResult]) -> list[ClaimCheck]:
    apart = pairwise_distances(results)
    noises = [value for (one, other), value in apart.items() if "noise" in one and "noise" in other]
    own, *others = (one.measures["to the photograph"] for one in results)
    losses = [one.measures["loss"] for one in results]
    return [
        ClaimCheck(
            "noise gives unlimited variants (smallest distance of two of them, above 0.05)",
            format_values([min(noises)]),
            min(noises) > 0.05,
        ),
        ClaimCheck(
            "the start biases the outcome a little (distance to the photograph: started from it; from the painting, "
            "from noise)",
            f"{own:.3g}; {format_values(others)}",
            own < min(others),
        ),
        ClaimCheck(
            "but has no strong effect: results differ as much as those of two noise seeds (farthest pair within 1.5 "
            "times)",
            "; ".join(f"{one} – {other} {value:.3g}" for (one, other), value in apart.items()),
            max(apart.values()) < 1.5 * max(noises),
        ),
        ClaimCheck(
            "nor on the loss (largest over smallest, below 2)",
            format_values([max(losses) / min(losses)]),
            max(losses) < 2 * min(losses),
        ),
    ]


def _of_light(result: CellResult) -> ClaimCheck:
    """Return the check of figure 7: the result is still a photograph, and has the other's colors."""
    kept, far, near = (
        result.measures[name] for name in ("SSIM to the photograph", "chroma distance before", "chroma distance after")
    )
    return ClaimCheck(
        "with a photograph as style, the result remains a photograph (SSIM above 0.5) and takes the other's colors "
        "(chroma distance to it, before and after)",
        f"SSIM {kept:.2f}; {far:.3f}, {near:.3f}",
        kept > 0.5 and near < far,
    )


EXPERIMENT = Experiment(
    name="cvpr",
    title="Content layers, starting points, photographs as styles",
    source="Gatys, Ecker, Bethge, Image Style Transfer Using Convolutional Neural Networks (CVPR 2016), figures 5 to 7",
    claim="Content on a low layer blends the texture over the photograph, on conv4_2 both merge. The starting "
    "point biases the outcome a little towards its spatial structure, without a strong effect; noise "
    "allows for arbitrarily many new pictures. A photograph can be the style of another.",
    cells=make_cells,
    check=check_claims,
)
