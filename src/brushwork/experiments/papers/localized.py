"""Localized style (1602.07188): the Gram matrix around every position, in windows of increasing size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial

import torch

from brushwork.encoders import Encoder
from brushwork.experiments import reference_formulas
from brushwork.experiments.context import ExperimentContext, fingerprint_of
from brushwork.experiments.experiment import (
    CellResult,
    ClaimCheck,
    Experiment,
    ExperimentCell,
    FirstAndLast,
    Measures,
    format_named_values,
    is_decreasing,
    is_increasing,
    measures_by_column,
    seconds_per_iteration,
)
from brushwork.experiments.measures import correlation, detail_correlation, rms_distance, sum_losses
from brushwork.experiments.synthesis import BOUNDED, synthesize
from brushwork.images import Size, Window, fit_size, resize
from brushwork.losses import ContentLoss, GramLoss, LocalGramLoss
from brushwork.losses.local_gram import window_weights
from brushwork.losses.moments import gram
from brushwork.objective import Objective
from brushwork.types import Feature, Image

HALF_SIZES, HALF_SIZES_QUICK = (0, 1, 2, 4, 8, 16), (0, 1, 2, 4)
"""An iteration takes about 95 s² multiplications per position and channel: s = 16 is for those who can wait."""
WHOLE = "whole picture"
"""Name of the cell with the Gram matrix of the whole picture: plain style."""
PAINTING, PHOTOGRAPH = "detail of the painting", "detail of the photograph"
"""Measures: correlation of small details. Windows of any size keep the painting's light and color in place."""
EQUAL = "efficient form beside the naive"
LAYERS = ("conv2_1", "conv3_1")
CONTENT = "conv4_2"
CONTENT_WEIGHT = 1.0
"""As much as one layer's style: at 0.2, the picture is the painting for s = 0, and mostly so for s = 2."""

OPTIONS = replace(BOUNDED, style_layers=LAYERS, bounded=False, line_search=False, iterations=150, initial_step=3e-4)


def make_cells(context: ExperimentContext) -> list[ExperimentCell]:
    """Return the cells: windows of each half-size, and the whole picture."""
    halves = HALF_SIZES_QUICK if context.is_quick else HALF_SIZES
    return [_cell(context, half) for half in (*halves, None)]


def _cell(context: ExperimentContext, half: int | None) -> ExperimentCell:
    size = fit_size(Size.of(context.content), context.size, measure="long")
    content, style = (resize(one, size, clamp=True) for one in (context.content, context.style))
    options = context.scale_iterations(OPTIONS)

    def objective(encoder: Encoder) -> Objective:
        return _objective(encoder, content, style, half)

    shown = [fingerprint_of(content), fingerprint_of(style)]
    settings = {**asdict(options), "half size": half, "content weight": CONTENT_WEIGHT, "pictures": shown}
    paint = synthesize(context, options, objective, content)
    name, measure = WHOLE if half is None else f"s = {half}", partial(_measure, context, content, style, half)
    return ExperimentCell("", name, settings, paint, measure)


@torch.no_grad()
def _objective(encoder: Encoder, content_image: Image, style: Image, half: int | None) -> Objective:
    """Return the losses, relative to the style's windowed Gram matrices and to the content image's features."""
    targets, kept = encoder(style, LAYERS), encoder(content_image, [CONTENT])[CONTENT]
    content = ContentLoss(CONTENT, kept, float(1 / kept.square().sum()))
    objective = Objective.single(f"content:{CONTENT}", content, CONTENT_WEIGHT)
    for layer, target in targets.items():
        objective += Objective.single(
            f"local:{layer}", _plain(layer, target) if half is None else _local(layer, target, half)
        )
    return objective


def _plain(layer: str, target: Feature) -> GramLoss:
    matrix = gram(target) / Size.of(target).area
    return GramLoss(layer, matrix, float(1 / matrix.square().sum()))


def _local(layer: str, target: Feature, half: int) -> LocalGramLoss:
    term = LocalGramLoss(layer, target, window_weights(half), 1.0)
    return replace(term, scale=1 / _loss(term, torch.zeros_like(target)))


def _loss(term: LocalGramLoss, feature: Feature) -> float:
    return float(term.score(term.summarize(feature, Window.whole(Size.of(feature)))))


def _measure(
    context: ExperimentContext, content: Image, style: Image, half: int | None, first_and_last: FirstAndLast
) -> Measures:
    measures = {
        PAINTING: detail_correlation(first_and_last.last.image, style),
        PHOTOGRAPH: detail_correlation(first_and_last.last.image, content),
        "correlation with the painting": correlation(first_and_last.last.image, style),
        "correlation with the photograph": correlation(first_and_last.last.image, content),
        "to the painting": rms_distance(first_and_last.last.image, style),
        "to the photograph": rms_distance(first_and_last.last.image, content),
        "style loss, end / start": sum_losses(first_and_last.last, "local:")
        / sum_losses(first_and_last.first, "local:"),
    }
    return measures if half is None else {**measures, EQUAL: _beside_naive(context, content, style, half)}


@torch.no_grad()
def _beside_naive(context: ExperimentContext, content: Image, style: Image, half: int) -> float:
    """Return the difference of the loss from its printed form, on a part of the first layer's features."""
    encoder, weights = context.encoder(OPTIONS), window_weights(half)
    own, other = (reference_formulas.crop_part(encoder(one, LAYERS[:1])[LAYERS[0]]) for one in (content, style))
    return reference_formulas.relative_difference(
        _loss(LocalGramLoss(LAYERS[0], other, weights, 1.0), own),
        reference_formulas.naive_local_gram_loss(own, other, weights),
    )


def check_claims(results: Sequence[CellResult]) -> list[ClaimCheck]:
    """Return the checks of the claims."""
    style, content, equal = (measures_by_column(results, name) for name in (PAINTING, PHOTOGRAPH, EQUAL))
    *local, plain = results
    costs = {one.column: seconds_per_iteration(one) / seconds_per_iteration(plain) for one in local}
    return [
        ClaimCheck(
            "s = 0 smears the painting over the photograph (correlation of details with the painting's above that with "
            "the photograph's)",
            f"{style['s = 0']:.2f}, {content['s = 0']:.2f}",
            style["s = 0"] > content["s = 0"],
        ),
        ClaimCheck(
            "larger windows do so less (correlation with the painting's details falls)",
            format_named_values(style, ".2f"),
            is_decreasing([*style.values()]),
        ),
        ClaimCheck(
            "and show more of the photograph (correlation with its details rises)",
            format_named_values(content, ".2f"),
            is_increasing([*content.values()]),
        ),
        ClaimCheck(
            "the efficient form equals the naive one (difference in float64, below 1e-10)",
            format_named_values(equal, ".1e"),
            max(equal.values()) < 1e-10,
        ),
        ClaimCheck("cost (time of an iteration relative to plain style)", format_named_values(costs, ".2f"), None),
    ]


EXPERIMENT = Experiment(
    name="localized",
    title="Localized style",
    source="Nikulin, Novak, 1602.07188, localized style",
    claim="Matching Gram matrices in a window around every position. The simplified test with a window of one position "
    "(s = 0) smears the painting directly over the photograph: context is needed.",
    cells=make_cells,
    check=check_claims,
)
