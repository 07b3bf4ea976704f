"""Single Gram entries (1602.07188): pictures that each maximize one entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from statistics import fmean
from typing import NamedTuple

import torch

from brushwork.encoders import Encoder
from brushwork.experiments.context import ExperimentContext, fingerprint_of
from brushwork.experiments.experiment import (
    CellResult,
    ClaimCheck,
    Experiment,
    ExperimentCell,
    FirstAndLast,
    Measures,
    format_named_values,
    format_values,
    is_increasing,
)
from brushwork.experiments.measures import effective_frequencies, randomize_phases
from brushwork.experiments.synthesis import BOUNDED, make_gray_noise, synthesize, synthesize_on_sphere
from brushwork.images import Size, fit_size, resize
from brushwork.losses import GramEntryLoss
from brushwork.losses.moments import gram
from brushwork.metrics import Evaluator
from brushwork.metrics.feature_distances import gram_distance
from brushwork.objective import Objective
from brushwork.types import Feature, Image

LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
OPTIONS = replace(BOUNDED, optimizer="adam", learning_rate=10.0, line_search=False)
"""Adam moves along the bounds where L-BFGS with line search stops; after 30 iterations its entries are 100 times as
large."""

SPREAD = 0.25
"""Standard deviation of the initial noise, and of the pictures on the sphere; white is 1."""

ENTRIES, ENTRIES_QUICK = 8, 2
"""Entries i = j painted per layer, and as many i ≠ j, in a full and in a quick run: the painting's largest."""

NETWORK = "alexnet"
"""Network that measures the textures' structure; none was painted with it."""
STRUCTURE = "structure in the phases"
BORDER = 1 / 8
"""Fraction cut off at each side for measuring structure: a flat color that ends before the border has an outline."""
NAMED = 5
"""Number of named textures, those with the most structure."""

SMALLEST = 1e-12
"""Lower bound of an entry's value in the painting, so that its multiples are finite."""


class GramMatrixEntry(NamedTuple):
    """One entry of a Gram matrix, and its value in the painting."""

    first: int
    second: int
    value: float

    def __str__(self) -> str:
        return f"{self.first}, {self.second}"


def make_cells(context: ExperimentContext) -> list[ExperimentCell]:
    """Return the cells: the largest entries of each layer."""
    return [cell for layer in LAYERS for cell in _row(context, layer)]


def _row(context: ExperimentContext, layer: str) -> list[ExperimentCell]:
    init = make_gray_noise(Size(context.size, context.size), std=SPREAD)
    count = ENTRIES_QUICK if context.is_quick else ENTRIES
    entries = largest_entries(context.encoder(OPTIONS), context, layer, init, count)
    boxed = [f"{kind}, {n + 1}" for kind in ("one feature", "two features") for n in range(count)]
    spheres = {"one feature, on a sphere": entries[0], "two features, on a sphere": entries[count]}
    return [
        *(_cell(context, layer, kind, entry, init) for kind, entry in zip(boxed, entries, strict=True)),
        *(_cell(context, layer, kind, entry, init, sphere=True) for kind, entry in spheres.items()),
    ]


@torch.no_grad()
def largest_entries(
    encoder: Encoder, context: ExperimentContext, layer: str, init: Image, count: int
) -> list[GramMatrixEntry]:
    """Return the largest entries of the style's Gram matrix per position: `count` on the diagonal, and as many off it.

    Entries that are 0 at the start have no gradient there, and come last.
    """
    style = resize(context.style, fit_size(Size.of(context.style), context.size, measure="long"), clamp=True)
    matrix, initial = (_mean_gram(encoder(one, [layer])[layer]) for one in (style, init.to(style)))
    ranked = matrix + (initial > 0) * (matrix.max() + 1)
    channels = torch.arange(len(matrix), device=matrix.device)
    rows, columns = torch.triu_indices(len(matrix), len(matrix), offset=1, device=matrix.device)
    return [
        GramMatrixEntry(int(i[at]), int(j[at]), float(matrix[i[at], j[at]]))
        for i, j in ((channels, channels), (rows, columns))
        for at in ranked[i, j].topk(count).indices.tolist()
    ]


def _mean_gram(feature: Feature) -> torch.Tensor:
    return gram(feature)[0] / Size.of(feature).area


def _cell(
    context: ExperimentContext, layer: str, kind: str, entry: GramMatrixEntry, init: Image, *, sphere: bool = False
) -> ExperimentCell:
    options = context.scale_iterations(replace(OPTIONS, bounded=not sphere))
    objective = Objective.single(
        "entry", GramEntryLoss(layer, ((entry.first, entry.second),), scale=1 / max(entry.value, SMALLEST))
    )
    settings = {**asdict(options), "layer": layer, "entry": str(entry), "pictures": [fingerprint_of(init)]}
    settings["evaluated by"] = context.available_evaluators([NETWORK])
    if sphere:  # its values are relative to gray, and white is 1
        options = replace(options, learning_rate=options.learning_rate / options.optimizer_scale)
        settings["sphere"] = SPREAD
    paint = (synthesize_on_sphere if sphere else synthesize)(context, options, lambda _: objective, init)
    return ExperimentCell(layer, kind, settings, paint, partial(_measure, context))


def _measure(context: ExperimentContext, first_and_last: FirstAndLast) -> Measures:
    """Return the entry as a multiple of its value in the painting, and the richness of the texture.

    Its structure is measured if the evaluator's weights are on this machine.
    """
    init, end = (-float(one.step.losses.total) for one in first_and_last)
    image = first_and_last.last.image
    measures = {
        "entry / painting's, at the start": init,
        "entry / painting's": end,
        "frequencies": effective_frequencies(image),
    }
    if context.available_evaluators([NETWORK]):
        measures[STRUCTURE] = phase_structure(context.evaluator(NETWORK), image)
    return measures


@torch.no_grad()
def phase_structure(evaluator: Evaluator, image: Image) -> float:
    """Return the distance of an image's middle from an image with its spectrum and random phases, from 0 to 2.

    This is the mean over layers of ‖G − A‖² / max(‖G‖², ‖A‖²) of the Gram matrices. It is near 0 for noise and gratings
    of any color; edges, swirls and eyes depend on the phases.
    """
    encoder, size = evaluator.encoder, Size.of(image)
    rows, columns = (slice(round(BORDER * side), side - round(BORDER * side)) for side in size)
    middle = image[..., rows, columns]
    layers = [one for one in evaluator.layers.style if min(Size.of(middle)) >= encoder.min_size([one])]
    own, other = (encoder(one, layers) for one in (middle, randomize_phases(middle)))
    pairs = [(own[layer], other[layer]) for layer in layers]
    return fmean(min(gram_distance(a, b), gram_distance(b, a)) for a, b in pairs)


def check_claims(results: Sequence[CellResult]) -> list[ClaimCheck]:
    """Return the checks of the claims."""
    growth, rich = (_by_layer(results, name) for name in ("entry / painting's", "frequencies"))
    means = {layer: fmean(found) for layer, found in rich.items()}
    return [
        *(
            ClaimCheck(
                f"{layer}: single entries grow beyond the painting's (multiples)", format_values(found), min(found) > 1
            )
            for layer, found in growth.items()
        ),
        ClaimCheck(
            "textures grow richer from layer to layer (spatial frequencies that carry them, mean of each layer)",
            format_named_values(means),
            is_increasing([*means.values()]),
        ),
        *_check_structure(results),
    ]


def _check_structure(results: Sequence[CellResult]) -> list[ClaimCheck]:
    """Return the checks of the structure; none if it was not measured."""
    measured = [one for one in results if STRUCTURE in one.measures]
    if not measured:
        return []
    means = {layer: fmean(values) for layer, values in _by_layer(measured, STRUCTURE).items()}
    deepest = f"those of the deepest layer have the most {STRUCTURE} (mean of each layer, in {NETWORK})"
    most = sorted(measured, key=lambda one: -one.measures[STRUCTURE])[:NAMED]
    claim = f"some look like something (those with the most {STRUCTURE}, in {NETWORK}; noise and gratings have none)"
    found = ", ".join(f"{one.row} {one.column} {one.measures[STRUCTURE]:.2f}" for one in most)
    return [
        ClaimCheck(deepest, format_named_values(means), [*means.values()][-1] >= max(means.values())),
        ClaimCheck(claim, found, None),
    ]


def _by_layer(results: Sequence[CellResult], measure: str) -> dict[str, list[float]]:
    layers = dict.fromkeys(one.row for one in results)
    return {layer: [one.measures[measure] for one in results if one.row == layer] for layer in layers}


EXPERIMENT = Experiment(
    name="gram-entry",
    title="Pictures that maximize one entry of a Gram matrix",
    source="Nikulin, Novak, 1602.07188, style as single correlations",
    claim="A single entry of the Gram matrix is a simple texture: one feature (i = j), or two that occur "
    "together (i ≠ j), of growing complexity from layer to layer. Pixels are kept between black and "
    "white, or the whole picture at one contrast (on a sphere).",
    cells=make_cells,
    check=check_claims,
    has_sheet_per_row=True,
)
