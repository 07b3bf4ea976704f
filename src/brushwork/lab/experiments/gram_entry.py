"""Single Gram entries (1602.07188): pictures that maximize one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import NamedTuple

import torch

from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel, fingerprint
from brushwork.lab.experiment import Experiment, listed, named, rises
from brushwork.lab.figures import frequencies
from brushwork.lab.synthesis import BOXED, gray_noise, on_sphere, synthesize
from brushwork.objective import Objective
from brushwork.perception import Encoder
from brushwork.picture import Size, fit, resize
from brushwork.terms import GramEntry
from brushwork.terms.moments import gram
from brushwork.types import Feature, Image

LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
OPTIONS = replace(BOXED, optimizer="adam", learning_rate=10.0, line_search=False)
"""Adam runs along the box where searched L-BFGS stops: after 30 closures its entries are 100 times as large."""

SPREAD = 0.25
"""Of the noise at the start, and of the pictures on the sphere; white is 1."""

DIAGONAL, OTHERS = 2, 2
"""Entries i = j and i ≠ j painted for each layer: the painting's largest."""


SMALLEST = 1e-12
"""Of an entry: one that is nothing in the painting has a multiple too."""


class Entry(NamedTuple):
    """One entry of a Gram matrix, and its value in the painting."""

    first: int
    second: int
    value: float

    def __str__(self) -> str:
        return f"{self.first}, {self.second}"


def cells(easel: Easel) -> list[Cell]:
    """The pictures to paint."""
    return [cell for layer in LAYERS for cell in _row(easel, layer)]


def _row(easel: Easel, layer: str) -> list[Cell]:
    start = gray_noise(Size(easel.size, easel.size), spread=SPREAD)
    entries = largest(easel.encoder(OPTIONS), easel, layer, start)
    boxed = [
        *(f"one feature, {n + 1}" for n in range(DIAGONAL)),
        *(f"two features, {n + 1}" for n in range(OTHERS)),
    ]
    spheres = {"one feature, on a sphere": entries[0], "two features, on a sphere": entries[DIAGONAL]}
    return [
        *(_cell(easel, layer, kind, entry, start) for kind, entry in zip(boxed, entries, strict=True)),
        *(_cell(easel, layer, kind, entry, start, sphere=True) for kind, entry in spheres.items()),
    ]


@torch.no_grad()
def largest(encoder: Encoder, easel: Easel, layer: str, start: Image) -> list[Entry]:
    """The largest entries of the painting's Gram matrix per cell, on the diagonal and off it.

    Entries that are 0 at the start have no gradient there, and come last.
    """
    painting = resize(easel.painting, fit(Size.of(easel.painting), easel.size, by="long"), clamp=True)
    matrix, begun = (_per_cell(encoder(one, [layer])[layer]) for one in (painting, start.to(painting)))
    ranked = matrix + (begun > 0) * (matrix.max() + 1)
    channels = torch.arange(len(matrix), device=matrix.device)
    rows, columns = torch.triu_indices(len(matrix), len(matrix), offset=1, device=matrix.device)
    kinds = ((channels, channels, DIAGONAL), (rows, columns, OTHERS))
    return [
        Entry(int(i[at]), int(j[at]), float(matrix[i[at], j[at]]))
        for i, j, count in kinds
        for at in ranked[i, j].topk(count).indices.tolist()
    ]


def _per_cell(feature: Feature) -> torch.Tensor:
    return gram(feature)[0] / Size.of(feature).area


def _cell(easel: Easel, layer: str, kind: str, entry: Entry, start: Image, *, sphere: bool = False) -> Cell:
    options = easel.spending(replace(OPTIONS, boxed=not sphere))
    objective = Objective.one(
        "entry", GramEntry(layer, ((entry.first, entry.second),), norm=1 / max(entry.value, SMALLEST))
    )
    settings = {**asdict(options), "layer": layer, "entry": str(entry), "pictures": [fingerprint(start)]}
    if sphere:  # whose numbers are about gray, and white is 1
        options = replace(options, learning_rate=options.learning_rate / options.pixel_range)
        settings["sphere"] = SPREAD
    paint = (on_sphere if sphere else synthesize)(easel, options, lambda _: objective, start)
    return Cell(layer, kind, settings, paint, _measure)


def _measure(ends: Ends) -> Figures:
    """The entry, as a multiple of its value in the painting; and how rich the texture is."""
    start, end = (-float(one.step.losses.total) for one in ends)
    return {
        "entry / painting's, at the start": start,
        "entry / painting's": end,
        "frequencies": frequencies(ends.last.image),
    }


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    growth, rich = (_by_layer(results, name) for name in ("entry / painting's", "frequencies"))
    means = {layer: sum(found) / len(found) for layer, found in rich.items()}
    return [
        *(
            Check(f"{layer}: single entries grow beyond the painting's (multiples)", listed(found), min(found) > 1)
            for layer, found in growth.items()
        ),
        Check(
            "textures grow richer from layer to layer (spatial frequencies that carry them, mean of each layer)",
            named(means),
            rises([*means.values()]),
        ),
    ]


def _by_layer(results: Sequence[Result], figure: str) -> dict[str, list[float]]:
    layers = dict.fromkeys(one.row for one in results)
    return {layer: [one.figures[figure] for one in results if one.row == layer] for layer in layers}


EXPERIMENT = Experiment(
    name="gram-entry",
    title="Pictures that maximize one entry of a Gram matrix",
    source="Nikulin, Novak, 1602.07188, style as single correlations",
    claim="A single entry of the Gram matrix is a simple texture: one feature (i = j), or two that occur "
    "together (i ≠ j), of growing complexity from layer to layer. Pixels are kept between black and "
    "white, or the whole picture at one contrast (on a sphere).",
    cells=cells,
    check=check,
    sheet_each_row=True,
)
