"""Illumination and season (1602.07188): the light of one photograph on another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import permutations

from brushwork.errors import InputError
from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel
from brushwork.lab.experiment import Experiment
from brushwork.lab.figures import brightness, chroma_distance, contrast, distance
from brushwork.recipes import Pictures, Transfer
from brushwork.types import Image

OPTIONS = Transfer(content_weight=16.0, iterations=200)
"""From the photograph, with strong content."""


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
        "to the photograph": distance(result, photograph),
    }


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    return [one for result in results for one in _of(result.row, result.column, result.figures)]


def _of(row: str, column: str, figures: Figures) -> list[Check]:
    before, after, other = (figures[f"brightness {when}"] for when in ("before", "after", "of the other"))
    far, near = figures["chroma distance before"], figures["chroma distance after"]
    return [
        Check(
            f"{row}, {column}: the brightness moves towards the other's (before, after, other)",
            f"{before:.3f}, {after:.3f}, {other:.3f}",
            abs(after - other) < abs(before - other),
        ),
        Check(f"{row}, {column}: so do the colors (distance before, after)", f"{far:.3f}, {near:.3f}", near < far),
    ]


EXPERIMENT = Experiment(
    name="light",
    title="Illumination and season",
    source="Nikulin, Novak, 1602.07188, illumination and season transfer; CVPR 2016, figure 7",
    claim="The style space is strong enough to carry illumination and season from one photograph to another.",
    cells=cells,
    check=check,
)
