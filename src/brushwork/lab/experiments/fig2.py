"""Figure 2 of 1508.06576: one photograph in the style of several paintings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel
from brushwork.lab.experiment import Experiment, named, of_column
from brushwork.lab.figures import likeness_of_structure
from brushwork.recipes import Pictures, preset
from brushwork.types import Image

KEPT = "SSIM to the photograph"


def cells(easel: Easel) -> list[Cell]:
    """The pictures to paint."""
    return [_cell(easel, name) for name in easel.paintings]


def _cell(easel: Easel, name: str) -> Cell:
    options = easel.spending(replace(preset("gatys-2015"), size=easel.size, measure="long"))
    pictures = Pictures(easel.photograph, (easel.paintings[name],))
    measure = partial(_measure, easel.photograph)
    return Cell("", name, easel.settings(options, pictures), easel.recipe(options, pictures), measure)


def _measure(photograph: Image, ends: Ends) -> Figures:
    """Each layer's loss at the end over its value at the start."""
    start = ends.first.step.losses.terms
    left = {f"{name}, left": float(value / start[name]) for name, value in ends.last.step.losses.terms.items()}
    return {**left, KEPT: likeness_of_structure(ends.last.image, photograph)}


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    left = {
        one.column: max(value for name, value in one.figures.items() if name.startswith("style:")) for one in results
    }
    content = {one.column: one.figures["content:conv4_2, left"] for one in results}
    return [
        Check(
            "the style of every painting is met on all layers (share of the loss left on the worst layer, below 10 %)",
            named(left),
            max(left.values()) < 0.1,
        ),
        Check(
            "so is the content of the photograph (share of the loss left on conv4_2, below one half)",
            named(content),
            max(content.values()) < 0.5,
        ),
        Check("the photograph stays to be recognized in every style (SSIM)", named(of_column(results, KEPT)), None),
    ]


EXPERIMENT = Experiment(
    name="fig2",
    title="One photograph in the style of several paintings",
    source="Gatys, Ecker, Bethge, 1508.06576, figure 2",
    claim="Content and style can be separated: pictures that match the content of a photograph (conv4_2) and "
    "the style of well-known artworks (conv1_1 … conv5_1) show the one in the appearance of the other.",
    cells=cells,
    check=check,
)
