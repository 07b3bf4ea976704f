"""The published programs on one pair, with the same budget, each judged by all objectives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch

from brushwork.evaluate import whole
from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel
from brushwork.lab.experiment import Experiment, named
from brushwork.picture import Size, resize
from brushwork.recipes import PRESETS, Pictures, Transfer, preset
from brushwork.recipes.coarse_to_fine import levels
from brushwork.recipes.subject import Subject
from brushwork.types import Image

BUDGET = 300
"""Closures of each."""
ALIKE = 1.05
"""Times the least loss: some programs share an objective but for a factor, and none is better then."""


def cells(easel: Easel) -> list[Cell]:
    """The pictures to paint."""
    return [_cell(easel, name) for name in PRESETS]


def _options(easel: Easel, name: str) -> Transfer:
    return easel.spending(replace(preset(name), size=easel.size, measure="long", iterations=BUDGET))


def _cell(easel: Easel, name: str) -> Cell:
    options, pictures = _options(easel, name), Pictures(easel.photograph, (easel.painting,))
    settings, paint = easel.settings(options, pictures), easel.recipe(options, pictures)
    return Cell("", name, settings, paint, partial(_measure, easel))


def _measure(easel: Easel, ends: Ends) -> Figures:
    """The loss under every program's objective, over that of the photograph."""
    return {f"{name}'s loss": _loss(easel, name, ends.last.image) for name in PRESETS}


def _loss(easel: Easel, name: str, image: Image) -> float:
    options = _options(easel, name)
    size = levels(Size.of(easel.photograph), options.size, options.measure, options)[-1].size
    subject = Subject(easel.photograph, (easel.painting,), options, easel.encoder(options))
    evaluate = whole(subject.encoder, subject.objective_at(size))
    own, unpainted = (
        evaluate(resize(one, size, clamp=True).clone().requires_grad_(True)).total for one in (image, easel.photograph)
    )
    return float(own / torch.clamp_min(unpainted, torch.finfo(unpainted.dtype).tiny))


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    return [_best(results, name) for name in PRESETS]


def _best(results: Sequence[Result], name: str) -> Check:
    losses = {one.column: one.figures[f"{name}'s loss"] for one in results}
    return Check(
        f"under the objective of {name} no program does clearly better than it (1: the photograph itself)",
        named(losses),
        losses[name] <= ALIKE * min(losses.values()),
    )


EXPERIMENT = Experiment(
    name="programs",
    title="The published programs side by side",
    source="Nikulin, Novak, 1602.07188, comparison of implementations; the programs themselves",
    claim="Implementations differ in weights, network, start and optimizer, and so in their pictures. All spend"
    " the same closures here; a program of several sizes spends some of them on small pictures.",
    cells=cells,
    check=check,
)
