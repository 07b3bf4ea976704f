"""Illumination and season (1602.07188): the light of one photograph on another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import permutations

from brushwork.errors import InputError
from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel
from brushwork.lab.experiment import Experiment, listed
from brushwork.lab.figures import brightness, chroma_distance, contrast, likeness_of_structure, marginal_distance
from brushwork.recipes import Pictures, Transfer
from brushwork.types import Image

OPTIONS = Transfer(content_weight=64.0, grain=0.0, iterations=200)
"""From the photograph, with strong content: at 16 it begins to dissolve, and the figure's own α/β of 1e-2 loses it."""

WHEN = ("before", "after", "of the other")
STILL = 0.5
"""SSIM above which a photograph is still to be seen."""


def cells(easel: Easel) -> list[Cell]:
    """The pictures to paint."""
    if len(easel.photographs) < 2:
        raise InputError("light needs two photographs of different light: give two with --photograph.")
    return [_cell(easel, one, other) for one, other in list(permutations(easel.photographs, 2))[:6]]


def _cell(easel: Easel, one: str, other: str) -> Cell:
    photograph, light = easel.photographs[one], easel.photographs[other]
    options, pictures = easel.spending(replace(OPTIONS, size=easel.size)), Pictures(photograph, (light,))
    measure = partial(_measure, photograph, light)
    return Cell(one, f"light of {other}", easel.settings(options, pictures), easel.recipe(options, pictures), measure)


def _measure(photograph: Image, light: Image, ends: Ends) -> Figures:
    result = ends.last.image
    return {
        "brightness before": brightness(photograph),
        "brightness after": brightness(result),
        "brightness of the other": brightness(light),
        "contrast before": contrast(photograph),
        "contrast after": contrast(result),
        "contrast of the other": contrast(light),
        "chroma distance before": chroma_distance(photograph, light),
        "chroma distance after": chroma_distance(result, light),
        "values before": marginal_distance(photograph, light),
        "values after": marginal_distance(result, light),
        "SSIM to the photograph": likeness_of_structure(result, photograph),
        "SSIM of the other to it": likeness_of_structure(photograph, light),
    }


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    return [one for result in results for one in _of(result.row, result.column, result.figures)]


def _of(row: str, column: str, figures: Figures) -> list[Check]:
    moved, kept = f"{row}, {column}", figures["SSIM to the photograph"]
    return [
        *(_moves(moved, what, [figures[f"{what} {when}"] for when in WHEN]) for what in ("brightness", "contrast")),
        *(_nears(moved, what, figures) for what in ("chroma distance", "values")),
        Check(
            f"{moved}: the picture still shows the photograph (SSIM to it above {STILL:g}; of the other to it)",
            f"{kept:.2f}; {figures['SSIM of the other to it']:.2f}",
            kept > STILL,
        ),
    ]


def _moves(moved: str, what: str, values: Sequence[float]) -> Check:
    before, after, other = values
    return Check(
        f"{moved}: the {what} moves towards the other's (before, after, other)",
        listed(values, ".3f"),
        abs(after - other) < abs(before - other),
    )


def _nears(moved: str, what: str, figures: Figures) -> Check:
    before, after = (figures[f"{what} {when}"] for when in ("before", "after"))
    named = {"chroma distance": "colors", "values": "values in each channel"}[what]
    return Check(
        f"{moved}: so do the {named} (distance of their distributions, before and after)",
        listed([before, after], ".3f"),
        after < before,
    )


EXPERIMENT = Experiment(
    name="light",
    title="Illumination and season",
    source="Nikulin, Novak, 1602.07188, illumination and season transfer; CVPR 2016, figure 7",
    claim="The style space is strong enough to carry illumination and season from one photograph to another.",
    cells=cells,
    check=check,
)
