"""Figures 5, 6 and 7 of the CVPR 2016 paper: content layers, starting points, photographs as styles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations

from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel
from brushwork.lab.experiment import Experiment, by_column, listed
from brushwork.lab.figures import distance
from brushwork.picture import read_picture
from brushwork.recipes import Pictures, Transfer, preset
from brushwork.types import Image

CONTENT_LAYERS = ("conv2_2", "conv4_2")
NOISES = 4
LAYER, START, PHOTOGRAPHS = "content layer", "start", "photograph as style"


def cells(easel: Easel) -> list[Cell]:
    """The pictures to paint."""
    return [*_layers(easel), *_starts(easel), *_photographs(easel)]


def _base(easel: Easel) -> Transfer:
    return easel.spending(replace(preset("gatys-2015"), size=easel.size))


def _layers(easel: Easel) -> list[Cell]:
    base = _base(easel)
    return [_cell(easel, LAYER, layer, replace(base, content_layers=(layer,))) for layer in CONTENT_LAYERS]


def _starts(easel: Easel) -> list[Cell]:
    base = _base(easel)
    seeds = {f"noise {seed}": replace(base, seed=seed) for seed in range(NOISES)}
    starts = {"photograph": replace(base, start="content"), "painting": replace(base, start="style"), **seeds}
    return [_cell(easel, START, name, options) for name, options in starts.items()]


def _photographs(easel: Easel) -> list[Cell]:
    """The second photograph, if there is one, as the style of the first (α/β = 1e-2, from the photograph)."""
    if len(easel.photographs) < 2:
        return []
    (_, own), (name, other), *_ = easel.photographs.items()
    base = _base(easel)
    options = replace(base, start="content", content_weight=1e-2 * base.style_weight)
    return [_cell(easel, PHOTOGRAPHS, name, options, Pictures(own, (other,)))]


def _cell(easel: Easel, row: str, column: str, options: Transfer, pictures: Pictures | None = None) -> Cell:
    shown = pictures or Pictures(easel.photograph, (easel.painting,))
    measure = partial(_measure, shown.content)
    return Cell(row, column, easel.settings(options, shown), easel.recipe(options, shown), measure)


def _measure(photograph: Image, ends: Ends) -> Figures:
    return {"loss": float(ends.last.step.losses.total), "to the photograph": distance(ends.last.image, photograph)}


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    low, high = (one.figures["to the photograph"] for one in by_column(results, LAYER))
    return [
        Check(
            "conv2_2 keeps the photograph's fine detail, conv4_2 lets it merge with the style (distance to it)",
            listed([low, high]),
            low < high,
        ),
        *_of_starts(by_column(results, START)),
    ]


def _of_starts(results: Sequence[Result]) -> list[Check]:
    pictures = {one.column: read_picture(one.picture).image for one in results}
    apart = {pair: distance(pictures[pair[0]], pictures[pair[1]]) for pair in combinations(pictures, 2)}
    noises = [value for (one, other), value in apart.items() if "noise" in one and "noise" in other]
    losses = [one.figures["loss"] for one in results]
    return [
        Check(
            "noise gives unlimited variants (smallest distance of two of them)",
            listed([min(noises)]),
            min(noises) > 0.01,
        ),
        Check(
            "the start has no strong effect on the loss (largest over smallest)",
            listed([max(losses) / min(losses)]),
            max(losses) < 2 * min(losses),
        ),
    ]


EXPERIMENT = Experiment(
    name="cvpr",
    title="Content layers, starting points, photographs as styles",
    source="Gatys, Ecker, Bethge, Image Style Transfer Using Convolutional Neural Networks (CVPR 2016), figures 5 to 7",
    claim="Content on a low layer blends the texture over the photograph, on conv4_2 both merge. The starting "
    "point biases the outcome a little towards its spatial structure, without a strong effect; noise "
    "allows for arbitrarily many new pictures. A photograph can be the style of another.",
    cells=cells,
    check=check,
)
