"""Figure 2 of 1508.06576: one photograph in the style of several paintings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel
from brushwork.lab.experiment import Experiment, listed
from brushwork.recipes import Pictures, preset


def cells(easel: Easel) -> list[Cell]:
    """The pictures to paint."""
    return [_cell(easel, name) for name in easel.paintings]


def _cell(easel: Easel, name: str) -> Cell:
    options = easel.spending(replace(preset("gatys-2015"), size=easel.size))
    pictures = Pictures(easel.photograph, (easel.paintings[name],))
    return Cell("", name, easel.settings(options, pictures), easel.recipe(options, pictures), _measure)


def _measure(ends: Ends) -> Figures:
    """Each layer's loss at the end over its value at the start."""
    start = ends.first.step.losses.terms
    return {name: float(value / start[name]) for name, value in ends.last.step.losses.terms.items()}


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    left = [max(value for name, value in one.figures.items() if name.startswith("style:")) for one in results]
    return [
        Check("the style of every painting is met on all layers (largest loss left)", listed(left), max(left) < 0.1),
        Check("the photograph stays to be recognized in every style", "see the pictures", None),
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
