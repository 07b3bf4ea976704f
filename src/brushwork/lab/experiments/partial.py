"""Partial transfer (1602.07188): low layers belong to the content, high ones to the style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel
from brushwork.lab.experiment import Experiment, falls, listed, named, of_column
from brushwork.lab.figures import chroma_distance, part_of_loss
from brushwork.recipes import Pictures, Transfer
from brushwork.types import Image

LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
DEEPEST = f"style:{LAYERS[-1]}"
HIGH = f"loss of {LAYERS[-1]}, end / start"

OPTIONS = Transfer(style_falloff=1.0, spread_weight=0.0, coarsest=0, iterations=300)
"""Losses measured by the painting, so that layers weigh alike; no means and deviations, which carry color."""


def cells(easel: Easel) -> list[Cell]:
    """The pictures to paint."""
    return [_cell(easel, first) for first in range(len(LAYERS))]


def _cell(easel: Easel, first: int) -> Cell:
    content, style = (*LAYERS[:first], "conv4_2"), LAYERS[first:]
    options = easel.spending(replace(OPTIONS, size=easel.size, content_layers=content, style_layers=style))
    pictures = Pictures(easel.photograph, (easel.painting,))
    measure = partial(_measure, easel.photograph, easel.painting)
    settings, paint = easel.settings(options, pictures), easel.recipe(options, pictures)
    return Cell("", f"style from {LAYERS[first]}", settings, paint, measure)


def _measure(photograph: Image, painting: Image, ends: Ends) -> Figures:
    return {
        "chroma distance to the photograph": chroma_distance(ends.last.image, photograph),
        "chroma distance to the painting": chroma_distance(ends.last.image, painting),
        "content loss": part_of_loss(ends.last, "content:"),
        "style loss": part_of_loss(ends.last, "style:"),
        HIGH: float(ends.last.step.losses.terms[DEEPEST] / ends.first.step.losses.terms[DEEPEST]),
    }


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    high = of_column(results, HIGH)
    distances = [one.figures["chroma distance to the photograph"] for one in results]
    return [
        Check(
            "the more low layers are content, the nearer the photograph's colors (chroma distance to it falls)",
            listed(distances),
            falls(distances),
        ),
        Check(
            "the style of the high layers is transferred all the same (loss of conv5_1, end / start, below one half)",
            named(high),
            max(high.values()) < 0.5,
        ),
    ]


EXPERIMENT = Experiment(
    name="partial",
    title="Partial style transfer",
    source="Nikulin, Novak, 1602.07188, partial style transfer",
    claim="Moving low layers from the style to the content keeps the photograph's color and low-level features,"
    " while the high-level style is transferred.",
    cells=cells,
    check=check,
)
