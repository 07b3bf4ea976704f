"""Illumination and season (1602.07188): the light of one photograph in another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import permutations

from brushwork.controls import RecipeInputs
from brushwork.errors import InputError
from brushwork.experiments.context import ExperimentContext
from brushwork.experiments.experiment import (
    CellResult,
    ClaimCheck,
    Experiment,
    ExperimentCell,
    FirstAndLast,
    Measures,
    format_values,
)
from brushwork.experiments.measures import (
    brightness,
    chroma_distance,
    contrast,
    marginal_distance,
    structural_similarity,
)
from brushwork.recipes import TransferOptions
from brushwork.types import Image

OPTIONS = TransferOptions(
    content_weight=64.0,
    init="content",
    init_noise=0.0,
    jitter=0,
    detail=0.0,
    iterations=200,
    initial_step=3e-4,
    max_step=0.05,
)
"""Starts from the photograph with strong content: at 16 it begins to dissolve, and the figure's own α/β of 1e-2 loses
it."""

WHEN = ("before", "after", "of the other")
STILL = 0.5
"""SSIM above which a photograph is still recognizable."""


def make_cells(context: ExperimentContext) -> list[ExperimentCell]:
    """Return the cells: each photograph in the light of another one, at most six.

    Raises: InputError: there are fewer than two photographs.
    """
    if len(context.contents) < 2:
        raise InputError("light needs two photographs of different light: give two with --content.")
    return [_cell(context, one, other) for one, other in list(permutations(context.contents, 2))[:6]]


def _cell(context: ExperimentContext, one: str, other: str) -> ExperimentCell:
    content, light = context.contents[one], context.contents[other]
    options, images = context.scale_iterations(replace(OPTIONS, size=context.size)), RecipeInputs(content, (light,))
    measure = partial(_measure, content, light)
    return ExperimentCell(
        one, f"light of {other}", context.settings(options, images), context.recipe(options, images), measure
    )


def _measure(content: Image, light: Image, first_and_last: FirstAndLast) -> Measures:
    result = first_and_last.last.image
    return {
        "brightness before": brightness(content),
        "brightness after": brightness(result),
        "brightness of the other": brightness(light),
        "contrast before": contrast(content),
        "contrast after": contrast(result),
        "contrast of the other": contrast(light),
        "chroma distance before": chroma_distance(content, light),
        "chroma distance after": chroma_distance(result, light),
        "values before": marginal_distance(content, light),
        "values after": marginal_distance(result, light),
        "SSIM to the photograph": structural_similarity(result, content),
        "SSIM of the other to it": structural_similarity(content, light),
    }


def check_claims(results: Sequence[CellResult]) -> list[ClaimCheck]:
    """Return the checks of the claims."""
    return [one for result in results for one in _of(result.row, result.column, result.measures)]


def _of(row: str, column: str, measures: Measures) -> list[ClaimCheck]:
    moved, kept = f"{row}, {column}", measures["SSIM to the photograph"]
    return [
        *(_moves(moved, what, [measures[f"{what} {when}"] for when in WHEN]) for what in ("brightness", "contrast")),
        *(_nears(moved, what, measures) for what in ("chroma distance", "values")),
        ClaimCheck(
            f"{moved}: the picture still shows the photograph (SSIM to it above {STILL:g}; "
            "for comparison, SSIM of the other photograph to it)",
            f"{kept:.2f}; {measures['SSIM of the other to it']:.2f}",
            kept > STILL,
        ),
    ]


def _moves(moved: str, what: str, values: Sequence[float]) -> ClaimCheck:
    before, after, other = values
    return ClaimCheck(
        f"{moved}: the {what} moves towards the other's (before, after, other)",
        format_values(values, ".3f"),
        abs(after - other) < abs(before - other),
    )


def _nears(moved: str, what: str, measures: Measures) -> ClaimCheck:
    before, after = (measures[f"{what} {when}"] for when in ("before", "after"))
    named = {"chroma distance": "colors", "values": "values in each channel"}[what]
    return ClaimCheck(
        f"{moved}: so do the {named} (distance of their distributions, before and after)",
        format_values([before, after], ".3f"),
        after < before,
    )


EXPERIMENT = Experiment(
    name="light",
    title="Illumination and season",
    source="Nikulin, Novak, 1602.07188, illumination and season transfer; CVPR 2016, figure 7",
    claim="The style space is strong enough to carry illumination and season from one photograph to another.",
    cells=make_cells,
    check=check_claims,
)
