"""Starting points (1602.07188): noise, photograph, painting, and blends of two, with the same budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

import torch

from brushwork.controls import RecipeInputs
from brushwork.experiments.context import ExperimentContext
from brushwork.experiments.experiment import (
    CellResult,
    ClaimCheck,
    Experiment,
    ExperimentCell,
    FirstAndLast,
    Measures,
    format_named_values,
    pairwise_distances,
    results_of_row,
)
from brushwork.experiments.measures import rms_distance
from brushwork.images import Size, fit_size, resize
from brushwork.recipes import load_preset
from brushwork.types import Image

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Share of the second end in an initial image between two."""

PATHS = (("noise", "photograph"), ("photograph", "painting"), ("painting", "noise"))
"""Paths around a triangle: each corner ends one path and begins the next, and is computed once."""


def make_cells(context: ExperimentContext) -> list[ExperimentCell]:
    """Return the cells: the starts along each path."""
    corners = _corners(context)
    return [_cell(context, corners, path, fraction) for path in PATHS for fraction in SHARES]


def _cell(
    context: ExperimentContext, corners: Mapping[str, Image], path: tuple[str, str], fraction: float
) -> ExperimentCell:
    options = context.scale_iterations(
        replace(load_preset("gatys-2015"), size=context.size, measure="long", iterations=300)
    )
    init = torch.lerp(corners[path[0]], corners[path[1]], fraction)
    images = RecipeInputs(context.content, (context.style,), init)
    measure = partial(_measure, corners, init)
    settings, paint = context.settings(options, images), context.recipe(options, images)
    return ExperimentCell(_row(path), f"{fraction:.0%}", settings, paint, measure)


def _corners(context: ExperimentContext) -> dict[str, Image]:
    size = fit_size(Size.of(context.content), context.size, measure="long")
    generator = torch.Generator().manual_seed(0)
    noise = (0.5 + 0.25 * torch.randn(1, 3, *size, generator=generator)).clamp(0, 1)
    return {
        "noise": noise.to(context.content),
        "photograph": resize(context.content, size, clamp=True),
        "painting": resize(context.style, size, clamp=True),
    }


def _measure(corners: Mapping[str, Image], init: Image, first_and_last: FirstAndLast) -> Measures:
    return {
        "loss": float(first_and_last.last.step.losses.total),
        **{f"to the {name}": rms_distance(first_and_last.last.image, corner) for name, corner in corners.items()},
        **{f"start to the {name}": rms_distance(init, corner) for name, corner in corners.items()},
        "to its start": rms_distance(first_and_last.last.image, init),
    }


def check_claims(results: Sequence[CellResult]) -> list[ClaimCheck]:
    """Return the checks of the claims."""
    corners = {path[0]: results_of_row(results, _row(path))[0] for path in PATHS}
    losses = {name: one.measures["loss"] for name, one in corners.items()}
    kept = {name: one.measures["to the photograph"] for name, one in corners.items()}
    return [
        ClaimCheck(
            "noise reaches a lower loss with the same budget",
            format_named_values(losses),
            losses["noise"] == min(losses.values()),
        ),
        ClaimCheck(
            "starting from the photograph preserves its structure better (distance to it)",
            format_named_values(kept),
            kept["photograph"] == min(kept.values()),
        ),
        *(_basin(results, path) for path in PATHS),
        _together(corners),
    ]


def _basin(results: Sequence[CellResult], path: tuple[str, str]) -> ClaimCheck:
    """Return the distances between neighboring results, and between the ends: neighbors far apart lie in two basins."""
    own = results_of_row(results, _row(path))
    apart = pairwise_distances(own)
    columns = [one.column for one in own]
    steps = {f"{pair[0]} – {pair[1]}": apart[pair] for pair in pairwise(columns)}
    return ClaimCheck(
        f"{_row(path)}: distances between the results of neighboring starts, and of the two ends",
        f"{format_named_values(steps)}; ends {apart[columns[0], columns[-1]]:.3g}",
        None,
    )


def _together(corners: Mapping[str, CellResult]) -> ClaimCheck:
    """Return the check that results are closer together than their starts."""
    results = [replace(one, column=name) for name, one in corners.items()]
    ends = pairwise_distances(results)
    starts = {(one, other): corners[one].measures[f"start to the {other}"] for one, other in ends}
    return ClaimCheck(
        "results are closer together than their starts (distance of the starts, of the results)",
        "; ".join(f"{one} and {other} {starts[one, other]:.3g}, {ends[one, other]:.3g}" for one, other in ends),
        all(ends[pair] < starts[pair] for pair in ends),
    )


def _row(path: tuple[str, str]) -> str:
    return f"{path[0]} to {path[1]}"


EXPERIMENT = Experiment(
    name="starts",
    title="Starting points",
    source="Nikulin, Novak, Exploring the Neural Algorithm of Artistic Style (1602.07188), initialization",
    claim="Starting from the photograph gives better structure; noise is more effective in benchmark tests. "
    "Both through secondary notes.",
    cells=make_cells,
    check=check_claims,
)
