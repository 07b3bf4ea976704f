"""Localized style (1602.07188): the Gram matrix around every cell, in windows of growing size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial

import torch

from brushwork.lab import naive
from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel, fingerprint
from brushwork.lab.experiment import Experiment, closure_time, falls, named, of_column, rises
from brushwork.lab.figures import correlation, detail_correlation, distance, part_of_loss
from brushwork.lab.synthesis import BOXED, synthesize
from brushwork.objective import Objective
from brushwork.perception import Encoder
from brushwork.picture import Size, Window, fit, resize
from brushwork.terms import Content, GramStyle, LocalStyle
from brushwork.terms.covariance import window_weights
from brushwork.terms.moments import gram
from brushwork.types import Feature, Image

HALF_SIZES = (0, 1, 2, 4)
WHOLE = "whole picture"
"""The Gram matrix of a window as large as the picture: plain style."""
PAINTING, PHOTOGRAPH = "detail of the painting", "detail of the photograph"
"""Correlation of what is small: windows keep the painting's light and color where they are, however large."""
EQUAL = "efficient form beside the naive"
LAYERS = ("conv2_1", "conv3_1")
CONTENT = "conv4_2"
CONTENT_WEIGHT = 1.0
"""As much as the style of a layer: at 0.2 the picture is the painting at s = 0, and mostly so at s = 2."""

OPTIONS = replace(BOXED, style_layers=LAYERS, boxed=False, line_search=False, iterations=150, first_move=3e-4)


def cells(easel: Easel) -> list[Cell]:
    """The pictures to paint."""
    return [_cell(easel, half) for half in (*HALF_SIZES, None)]


def _cell(easel: Easel, half: int | None) -> Cell:
    size = fit(Size.of(easel.photograph), easel.size, by="long")
    photograph, painting = (resize(one, size, clamp=True) for one in (easel.photograph, easel.painting))
    options = easel.spending(OPTIONS)

    def objective(encoder: Encoder) -> Objective:
        return _objective(encoder, photograph, painting, half)

    shown = [fingerprint(photograph), fingerprint(painting)]
    settings = {**asdict(options), "half size": half, "content weight": CONTENT_WEIGHT, "pictures": shown}
    paint = synthesize(easel, options, objective, photograph)
    name, measure = WHOLE if half is None else f"s = {half}", partial(_measure, easel, photograph, painting, half)
    return Cell("", name, settings, paint, measure)


@torch.no_grad()
def _objective(encoder: Encoder, photograph: Image, painting: Image, half: int | None) -> Objective:
    """Each term as a share: of the painting's windowed Gram matrices, of the photograph's features."""
    targets, kept = encoder(painting, LAYERS), encoder(photograph, [CONTENT])[CONTENT]
    content = Content(CONTENT, kept, float(1 / kept.square().sum()))
    objective = Objective.one(f"content:{CONTENT}", content, CONTENT_WEIGHT)
    for layer, target in targets.items():
        objective += Objective.one(
            f"local:{layer}", _plain(layer, target) if half is None else _local(layer, target, half)
        )
    return objective


def _plain(layer: str, target: Feature) -> GramStyle:
    matrix = gram(target) / Size.of(target).area
    return GramStyle(layer, matrix, float(1 / matrix.square().sum()))


def _local(layer: str, target: Feature, half: int) -> LocalStyle:
    term = LocalStyle(layer, target, window_weights(half), 1.0)
    return replace(term, norm=1 / _loss(term, torch.zeros_like(target)))


def _loss(term: LocalStyle, feature: Feature) -> float:
    return float(term.score(term.summarize(feature, Window.whole(Size.of(feature)))))


def _measure(easel: Easel, photograph: Image, painting: Image, half: int | None, ends: Ends) -> Figures:
    figures = {
        PAINTING: detail_correlation(ends.last.image, painting),
        PHOTOGRAPH: detail_correlation(ends.last.image, photograph),
        "correlation with the painting": correlation(ends.last.image, painting),
        "correlation with the photograph": correlation(ends.last.image, photograph),
        "to the painting": distance(ends.last.image, painting),
        "to the photograph": distance(ends.last.image, photograph),
        "style loss, end / start": part_of_loss(ends.last, "local:") / part_of_loss(ends.first, "local:"),
    }
    return figures if half is None else {**figures, EQUAL: _beside_naive(easel, photograph, painting, half)}


@torch.no_grad()
def _beside_naive(easel: Easel, photograph: Image, painting: Image, half: int) -> float:
    """How far the term is from its printed form, on a part of the first layer's features."""
    encoder, weights = easel.encoder(OPTIONS), window_weights(half)
    own, other = (naive.part(encoder(one, LAYERS[:1])[LAYERS[0]]) for one in (photograph, painting))
    return naive.difference(
        _loss(LocalStyle(LAYERS[0], other, weights, 1.0), own), naive.localized(own, other, weights)
    )


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    painting, photograph, equal = (of_column(results, name) for name in (PAINTING, PHOTOGRAPH, EQUAL))
    *local, plain = results
    costs = {one.column: closure_time(one) / closure_time(plain) for one in local}
    return [
        Check(
            "s = 0 smears the painting over the photograph (correlation of details with the painting's above that with "
            "the photograph's)",
            f"{painting['s = 0']:.2f}, {photograph['s = 0']:.2f}",
            painting["s = 0"] > photograph["s = 0"],
        ),
        Check(
            "larger windows do so less (correlation with the painting's details falls)",
            named(painting, ".2f"),
            falls([*painting.values()]),
        ),
        Check(
            "and show more of the photograph (correlation with its details rises)",
            named(photograph, ".2f"),
            rises([*photograph.values()]),
        ),
        Check(
            "the efficient form is the naive one (difference in float64, below 1e-10)",
            named(equal, ".1e"),
            max(equal.values()) < 1e-10,
        ),
        Check("what it costs (time of a closure beside plain style)", named(costs, ".2f"), None),
    ]


EXPERIMENT = Experiment(
    name="localized",
    title="Localized style",
    source="Nikulin, Novak, 1602.07188, localized style",
    claim="Matching Gram matrices in a window around every cell. The simplified test with a window of one cell "
    "(s = 0) smears the painting directly over the photograph: context is needed.",
    cells=cells,
    check=check,
)
