"""Style-content covariance (1602.07188): style that follows the content, compared with the same style everywhere."""

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
    measures_by_column,
    seconds_per_iteration,
)
from brushwork.experiments.measures import rms_distance, sum_losses
from brushwork.experiments.synthesis import BOUNDED, synthesize
from brushwork.images import Size, Window, fit_size, resize
from brushwork.losses import ContentLoss, GramLoss, GuidedGramLoss
from brushwork.losses.guided_moments import guided_gram_target
from brushwork.losses.local_gram import content_guides, window_weights
from brushwork.objective import Objective
from brushwork.style import Style
from brushwork.types import Feature, Image

LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1")
CONTENT = "conv4_2"
CONTENT_WEIGHT = 0.05
GUIDES = (4, 16)
"""Number of guiding content channels, those that vary most over both pictures. A channel that is 1 everywhere is also a
guide, so that positions where no other responds get style too."""
HALF = 1
"""Half-size of the window of the local Gram matrices."""
EQUAL = "efficient form beside the naive"
"""Measure: difference of the computed form from the printed one."""

OPTIONS = replace(BOUNDED, style_layers=LAYERS, bounded=False, line_search=False, iterations=150, initial_step=3e-4)


def make_cells(context: ExperimentContext) -> list[ExperimentCell]:
    """Return the cells: plain style, and the covariance for each number of guides."""
    return [_cell(context, guides) for guides in (0, *GUIDES)]


def _cell(context: ExperimentContext, guides: int) -> ExperimentCell:
    size = fit_size(Size.of(context.content), context.size, measure="long")
    content = resize(context.content, size, clamp=True)
    style = resize(context.style, fit_size(Size.of(context.style), context.size, measure="long"), clamp=True)
    options = context.scale_iterations(OPTIONS)

    def objective(encoder: Encoder) -> Objective:
        return _objective(encoder, content, style, guides)

    shown = [fingerprint_of(content), fingerprint_of(style)]
    settings = {**asdict(options), "guides": guides, "content weight": CONTENT_WEIGHT, "pictures": shown}
    name = f"covariance, {guides} guides" if guides else "plain style"
    measure = partial(_measure, context, content, style, guides)
    return ExperimentCell("", name, settings, synthesize(context, options, objective, content), measure)


@torch.no_grad()
def _objective(encoder: Encoder, content: Image, style_image: Image, guides: int) -> Objective:
    own, other = encoder(content, [CONTENT])[CONTENT], encoder(style_image, (CONTENT, *LAYERS))
    objective = Objective.single(
        f"content:{CONTENT}", ContentLoss(CONTENT, own, float(1 / own.square().sum())), CONTENT_WEIGHT
    )
    if guides == 0:
        style = Style.of(style_image, encoder, LAYERS)
        grams = {layer: style.statistics[layer].gram for layer in LAYERS}
        terms = {layer: GramLoss(layer, gram, float(1 / gram.square().sum())) for layer, gram in grams.items()}
        return objective + sum(
            (Objective.single(f"style:{layer}", term) for layer, term in terms.items()), Objective({})
        )
    pair = content_responses(own, other[CONTENT], guides)
    sizes = {layer: encoder.positions(layer, Size.of(content)) for layer in LAYERS}
    for layer in LAYERS:
        objective += Objective.single(f"style:{layer}", _term(layer, pair, sizes[layer], other[layer]))
    return objective


def content_responses(content: Feature, style: Feature, guides: int) -> tuple[Feature, Feature]:
    """Return the content channels that vary most over both images, divided by their means over the style, and ones."""
    varied = content.std(dim=(0, 2, 3)) * style.std(dim=(0, 2, 3))
    channels = varied.topk(guides).indices
    means = style[:, channels].mean((2, 3), keepdim=True).clamp_min(torch.finfo(style.dtype).eps)
    own, other = (torch.cat([one[:, channels] / means, torch.ones_like(one[:, :1])], 1) for one in (content, style))
    return own, other


def _term(layer: str, pair: tuple[Feature, Feature], size: Size, style: Feature) -> GuidedGramLoss:
    """Return the loss against the style's covariance at a layer, as a share of its norm."""
    weights = window_weights(HALF)
    own = content_guides(pair[0], size, weights)
    target = guided_gram_target(style, content_guides(pair[1], Size.of(style), weights))
    shares = torch.full((len(own),), 1 / len(own), dtype=torch.float64)
    return GuidedGramLoss(layer, own, target, float(len(own) / target.square().sum()), shares)


def _measure(
    context: ExperimentContext, content: Image, style: Image, guides: int, first_and_last: FirstAndLast
) -> Measures:
    measures = {
        "style loss, end / start": sum_losses(first_and_last.last, "style:")
        / sum_losses(first_and_last.first, "style:"),
        "content loss": sum_losses(first_and_last.last, "content:"),
        "to the photograph": rms_distance(first_and_last.last.image, content),
    }
    return {**measures, EQUAL: _beside_naive(context, content, style, guides)} if guides else measures


@torch.no_grad()
def _beside_naive(context: ExperimentContext, content: Image, style: Image, guides: int) -> float:
    """Return the difference of a layer's loss from its printed form, on a part of its features and guides."""
    encoder, weights, layer = context.encoder(OPTIONS), window_weights(HALF), LAYERS[0]
    seen = [encoder(one, (layer, CONTENT)) for one in (content, style)]
    features = [reference_formulas.crop_part(one[layer]) for one in seen]
    spoken = [
        reference_formulas.crop_part(one) for one in content_responses(seen[0][CONTENT], seen[1][CONTENT], guides)
    ]
    sizes = [Size.of(feature) for feature in features]
    resampled = [content_guides(one, size, window_weights(0)) for one, size in zip(spoken, sizes, strict=True)]
    target, sums = (
        reference_formulas.naive_covariance(feature, one, weights) / size.area
        for feature, one, size in zip(features[::-1], resampled[::-1], sizes[::-1], strict=True)
    )
    term = _term(layer, (spoken[0], spoken[1]), sizes[0], features[1])
    efficient = float(term.score(term.summarize(features[0], Window.whole(sizes[0]))))
    return reference_formulas.relative_difference(
        efficient, float((sums - target).square().sum() / target.square().sum())
    )


def check_claims(results: Sequence[CellResult]) -> list[ClaimCheck]:
    """Return the checks of the claims."""
    left, equal = (measures_by_column(results, name) for name in ("style loss, end / start", EQUAL))
    plain, *guided = results
    costs = {one.column: seconds_per_iteration(one) / seconds_per_iteration(plain) for one in guided}
    return [
        ClaimCheck(
            "the efficient form equals the naive one (difference in float64, below 1e-10)",
            format_named_values(equal, ".1e"),
            max(equal.values()) < 1e-10,
        ),
        ClaimCheck(
            "the covariance of style and content is matched as style alone is (fraction of the loss that remains, "
            "below one half)",
            format_named_values(left),
            max(left.values()) < 0.5,
        ),
        ClaimCheck("cost (time of an iteration relative to plain style)", format_named_values(costs, ".2f"), None),
        ClaimCheck("style goes where the content is", "see the pictures", None),
    ]


EXPERIMENT = Experiment(
    name="covariance",
    title="Style-content covariance",
    source="Nikulin, Novak, 1602.07188, style-content covariance (proposed there, without results)",
    claim="Matching the covariance of content responses with local Gram matrices ties each style to the content"
    " it belongs to. Computed as Gram matrices guided by content features, equal to the naive form.",
    cells=make_cells,
    check=check_claims,
)
