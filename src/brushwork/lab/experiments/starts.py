"""Starting points (1602.07188): noise, photograph, painting, and what lies between, with the same budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

import torch

from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel
from brushwork.lab.experiment import Experiment, by_column, named, pairwise_distances
from brushwork.lab.figures import distance
from brushwork.picture import Size, fit, resize
from brushwork.recipes import Pictures, preset
from brushwork.types import Image

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How much of the second end lies in a start between two."""

WAYS = (("noise", "photograph"), ("photograph", "painting"), ("painting", "noise"))
"""Around a triangle: a corner is the last of one way and the first of the next, and is painted once."""


def cells(easel: Easel) -> list[Cell]:
    """The pictures to paint."""
    corners = _corners(easel)
    return [_cell(easel, corners, way, share) for way in WAYS for share in SHARES]


def _cell(easel: Easel, corners: Mapping[str, Image], way: tuple[str, str], share: float) -> Cell:
    options = easel.spending(replace(preset("gatys-2015"), size=easel.size, measure="long", iterations=300))
    start = torch.lerp(corners[way[0]], corners[way[1]], share)
    pictures = Pictures(easel.photograph, (easel.painting,), start)
    measure = partial(_measure, corners, start)
    settings, paint = easel.settings(options, pictures), easel.recipe(options, pictures)
    return Cell(_row(way), f"{share:.0%}", settings, paint, measure)


def _corners(easel: Easel) -> dict[str, Image]:
    size = fit(Size.of(easel.photograph), easel.size, by="long")
    dice = torch.Generator().manual_seed(0)
    noise = (0.5 + 0.25 * torch.randn(1, 3, *size, generator=dice)).clamp(0, 1)
    return {
        "noise": noise.to(easel.photograph),
        "photograph": resize(easel.photograph, size, clamp=True),
        "painting": resize(easel.painting, size, clamp=True),
    }


def _measure(corners: Mapping[str, Image], start: Image, ends: Ends) -> Figures:
    return {
        "loss": float(ends.last.step.losses.total),
        **{f"to the {name}": distance(ends.last.image, corner) for name, corner in corners.items()},
        **{f"start to the {name}": distance(start, corner) for name, corner in corners.items()},
        "to its start": distance(ends.last.image, start),
    }


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    corners = {way[0]: by_column(results, _row(way))[0] for way in WAYS}
    losses = {name: one.figures["loss"] for name, one in corners.items()}
    kept = {name: one.figures["to the photograph"] for name, one in corners.items()}
    return [
        Check(
            "noise is more effective by the loss after the same budget",
            named(losses),
            losses["noise"] == min(losses.values()),
        ),
        Check(
            "a start at the photograph keeps its structure better (distance to it)",
            named(kept),
            kept["photograph"] == min(kept.values()),
        ),
        *(_basin(results, way) for way in WAYS),
        _together(corners),
    ]


def _basin(results: Sequence[Result], way: tuple[str, str]) -> Check:
    """How far apart neighbors end, and the two ends of the way: a jump between neighbors parts two basins."""
    own = by_column(results, _row(way))
    apart = pairwise_distances(own)
    columns = [one.column for one in own]
    steps = {f"{pair[0]} – {pair[1]}": apart[pair] for pair in pairwise(columns)}
    return Check(
        f"{_row(way)}: how far apart the results of neighboring starts are, and of the two ends",
        f"{named(steps)}; ends {apart[columns[0], columns[-1]]:.3g}",
        None,
    )


def _together(corners: Mapping[str, Result]) -> Check:
    """Whether what began apart ends nearer together."""
    results = [replace(one, column=name) for name, one in corners.items()]
    ends = pairwise_distances(results)
    begun = {(one, other): corners[one].figures[f"start to the {other}"] for one, other in ends}
    return Check(
        "what begins apart ends nearer together (distance of the starts, of the results)",
        "; ".join(f"{one} and {other} {begun[one, other]:.3g}, {ends[one, other]:.3g}" for one, other in ends),
        all(ends[pair] < begun[pair] for pair in ends),
    )


def _row(way: tuple[str, str]) -> str:
    return f"{way[0]} to {way[1]}"


EXPERIMENT = Experiment(
    name="starts",
    title="Starting points",
    source="Nikulin, Novak, Exploring the Neural Algorithm of Artistic Style (1602.07188), initialization",
    claim="Starting from the photograph gives better structure; noise is more effective in benchmark tests. "
    "Both through secondary notes.",
    cells=cells,
    check=check,
)
