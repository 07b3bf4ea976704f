"""Starting points (1602.07188): noise, photograph, painting, and what lies between, with the same budget."""

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
    sort_by_column,
)
from brushwork.experiments.measures import rms_distance
from brushwork.images import Size, fit_size, resize
from brushwork.recipes import load_preset
from brushwork.types import Image

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How much of the second end lies in a start between two."""

WAYS = (("noise", "photograph"), ("photograph", "painting"), ("painting", "noise"))
"""Around a triangle: a corner is the last of one way and the first of the next, and is painted once."""


def make_cells(context: ExperimentContext) -> list[ExperimentCell]:
    """The pictures to paint."""
    corners = _corners(context)
    return [_cell(context, corners, way, fraction) for way in WAYS for fraction in SHARES]


def _cell(
    context: ExperimentContext, corners: Mapping[str, Image], way: tuple[str, str], fraction: float
) -> ExperimentCell:
    options = context.with_iterations(
        replace(load_preset("gatys-2015"), size=context.size, measure="long", iterations=300)
    )
    init = torch.lerp(corners[way[0]], corners[way[1]], fraction)
    images = RecipeInputs(context.content, (context.style,), init)
    measure = partial(_measure, corners, init)
    settings, paint = context.settings(options, images), context.recipe(options, images)
    return ExperimentCell(_row(way), f"{fraction:.0%}", settings, paint, measure)


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
    """The claims, beside what was measured."""
    corners = {way[0]: sort_by_column(results, _row(way))[0] for way in WAYS}
    losses = {name: one.figures["loss"] for name, one in corners.items()}
    kept = {name: one.figures["to the photograph"] for name, one in corners.items()}
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
        *(_basin(results, way) for way in WAYS),
        _together(corners),
    ]


def _basin(results: Sequence[CellResult], way: tuple[str, str]) -> ClaimCheck:
    """How far apart neighbors end, and the two ends of the way: a jump between neighbors parts two basins."""
    own = sort_by_column(results, _row(way))
    apart = pairwise_distances(own)
    columns = [one.column for one in own]
    steps = {f"{pair[0]} – {pair[1]}": apart[pair] for pair in pairwise(columns)}
    return ClaimCheck(
        f"{_row(way)}: distances between the results of neighboring starts, and of the two ends",
        f"{format_named_values(steps)}; ends {apart[columns[0], columns[-1]]:.3g}",
        None,
    )


def _together(corners: Mapping[str, CellResult]) -> ClaimCheck:
    """Whether what began apart ends nearer together."""
    results = [replace(one, column=name) for name, one in corners.items()]
    first_and_last = pairwise_distances(results)
    begun = {(one, other): corners[one].figures[f"start to the {other}"] for one, other in first_and_last}
    return ClaimCheck(
        "results are closer together than their starts (distance of the starts, of the results)",
        "; ".join(
            f"{one} and {other} {begun[one, other]:.3g}, {first_and_last[one, other]:.3g}"
            for one, other in first_and_last
        ),
        all(first_and_last[pair] < begun[pair] for pair in first_and_last),
    )


def _row(way: tuple[str, str]) -> str:
    return f"{way[0]} to {way[1]}"


EXPERIMENT = Experiment(
    name="starts",
    title="Starting points",
    source="Nikulin, Novak, Exploring the Neural Algorithm of Artistic Style (1602.07188), initialization",
    claim="Starting from the photograph gives better structure; noise is more effective in benchmark tests. "
    "Both through secondary notes.",
    cells=make_cells,
    check=check_claims,
)
