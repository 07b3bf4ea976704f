"""Starting points (1602.07188): noise, photograph, painting, and what lies between, with the same budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch

from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel
from brushwork.lab.experiment import Experiment, listed
from brushwork.lab.figures import distance
from brushwork.picture import Size, fit, resize
from brushwork.recipes import Pictures, preset
from brushwork.types import Image

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How much of the second end lies in a start between two."""

WAYS = (("noise", "photograph"), ("photograph", "painting"))


def cells(easel: Easel) -> list[Cell]:
    """The pictures to paint."""
    return [_cell(easel, way, share) for way in WAYS for share in SHARES]


def _cell(easel: Easel, way: tuple[str, str], share: float) -> Cell:
    options = easel.spending(replace(preset("gatys-2015"), size=easel.size, measure="long", iterations=300))
    ends = _starts(easel)
    start = torch.lerp(ends[way[0]], ends[way[1]], share)
    pictures = Pictures(easel.photograph, (easel.painting,), start)
    measure = partial(_measure, ends["photograph"], start)
    row, column = f"{way[0]} to {way[1]}", f"{share:.0%}"
    return Cell(row, column, easel.settings(options, pictures), easel.recipe(options, pictures), measure)


def _starts(easel: Easel) -> dict[str, Image]:
    size = fit(Size.of(easel.photograph), easel.size, by="long")
    dice = torch.Generator().manual_seed(0)
    return {
        "noise": (0.5 + 0.25 * torch.randn(1, 3, *size, generator=dice)).clamp(0, 1),
        "photograph": resize(easel.photograph, size, clamp=True),
        "painting": resize(easel.painting, size, clamp=True),
    }


def _measure(photograph: Image, start: Image, ends: Ends) -> Figures:
    losses = ends.last.step.losses
    return {
        "loss": float(losses.total),
        "to the photograph": distance(ends.last.image, photograph),
        "to its start": distance(ends.last.image, start),
    }


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    losses = {(one.row, one.column): one.figures["loss"] for one in results}
    noise, photograph, painting = losses[_row(0), "0%"], losses[_row(0), "100%"], losses[_row(1), "100%"]
    kept = [one.figures["to the photograph"] for one in results if one.row == _row(0)]
    return [
        Check(
            "noise is more effective by the loss after the same budget (noise, photograph, painting)",
            listed([noise, photograph, painting]),
            noise <= min(photograph, painting),
        ),
        Check(
            "a start at the photograph keeps its structure better (distance to it, from noise to photograph)",
            listed(kept),
            kept[-1] == min(kept),
        ),
    ]


def _row(way: int) -> str:
    return f"{WAYS[way][0]} to {WAYS[way][1]}"


EXPERIMENT = Experiment(
    name="starts",
    title="Starting points",
    source="Nikulin, Novak, Exploring the Neural Algorithm of Artistic Style (1602.07188), initialization",
    claim="Starting from the photograph gives better structure; noise is more effective in benchmark tests. "
    "Both through secondary notes.",
    cells=cells,
    check=check,
)
