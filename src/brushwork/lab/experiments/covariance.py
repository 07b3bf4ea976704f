"""Style-content covariance (1602.07188): style where the content is, beside style everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial

import torch

from brushwork.lab import naive
from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel, fingerprint
from brushwork.lab.experiment import Experiment, closure_time, named, of_column
from brushwork.lab.figures import distance, part_of_loss
from brushwork.lab.synthesis import BOXED, synthesize
from brushwork.objective import Objective
from brushwork.perception import Encoder
from brushwork.picture import Size, Window, fit, resize
from brushwork.style import Style
from brushwork.terms import Content, GramStyle, GuidedGram
from brushwork.terms.covariance import content_guides, window_weights
from brushwork.terms.guided import guided_gram_target
from brushwork.types import Feature, Image

LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1")
CONTENT = "conv4_2"
CONTENT_WEIGHT = 0.05
GUIDES = (4, 16)
"""Content channels that guide, those that vary most over both pictures. Beside them guides a channel that is 1
everywhere: where no other speaks, style is still wanted."""
HALF = 1
EQUAL = "efficient form beside the naive"
"""Half-size of the window of the local Gram matrices."""

OPTIONS = replace(BOXED, style_layers=LAYERS, boxed=False, line_search=False, iterations=150, first_move=3e-4)


def cells(easel: Easel) -> list[Cell]:
    """The pictures to paint."""
    return [_cell(easel, guides) for guides in (0, *GUIDES)]


def _cell(easel: Easel, guides: int) -> Cell:
    size = fit(Size.of(easel.photograph), easel.size, by="long")
    photograph = resize(easel.photograph, size, clamp=True)
    painting = resize(easel.painting, fit(Size.of(easel.painting), easel.size, by="long"), clamp=True)
    options = easel.spending(OPTIONS)

    def objective(encoder: Encoder) -> Objective:
        return _objective(encoder, photograph, painting, guides)

    shown = [fingerprint(photograph), fingerprint(painting)]
    settings = {**asdict(options), "guides": guides, "content weight": CONTENT_WEIGHT, "pictures": shown}
    name = f"covariance, {guides} guides" if guides else "plain style"
    measure = partial(_measure, easel, photograph, painting, guides)
    return Cell("", name, settings, synthesize(easel, options, objective, photograph), measure)


@torch.no_grad()
def _objective(encoder: Encoder, photograph: Image, painting: Image, guides: int) -> Objective:
    own, other = encoder(photograph, [CONTENT])[CONTENT], encoder(painting, (CONTENT, *LAYERS))
    objective = Objective.one(
        f"content:{CONTENT}", Content(CONTENT, own, float(1 / own.square().sum())), CONTENT_WEIGHT
    )
    if guides == 0:
        style = Style.of(painting, encoder, LAYERS)
        grams = {layer: style.moments[layer].gram for layer in LAYERS}
        terms = {layer: GramStyle(layer, gram, float(1 / gram.square().sum())) for layer, gram in grams.items()}
        return objective + sum((Objective.one(f"style:{layer}", term) for layer, term in terms.items()), Objective({}))
    pair = responses(own, other[CONTENT], guides)
    sizes = {layer: encoder.cells(layer, Size.of(photograph)) for layer in LAYERS}
    for layer in LAYERS:
        objective += Objective.one(f"style:{layer}", _term(layer, pair, sizes[layer], other[layer]))
    return objective


def responses(photograph: Feature, painting: Feature, guides: int) -> tuple[Feature, Feature]:
    """The content channels that vary most over both pictures, each divided by its mean over the painting, and a 1."""
    varied = photograph.std(dim=(0, 2, 3)) * painting.std(dim=(0, 2, 3))
    channels = varied.topk(guides).indices
    means = painting[:, channels].mean((2, 3), keepdim=True).clamp_min(torch.finfo(painting.dtype).eps)
    own, other = (
        torch.cat([one[:, channels] / means, torch.ones_like(one[:, :1])], 1) for one in (photograph, painting)
    )
    return own, other


def _term(layer: str, pair: tuple[Feature, Feature], size: Size, painting: Feature) -> GuidedGram:
    """The painting's covariance at a layer, as a share of its norm."""
    weights = window_weights(HALF)
    own = content_guides(pair[0], size, weights)
    target = guided_gram_target(painting, content_guides(pair[1], Size.of(painting), weights))
    shares = torch.full((len(own),), 1 / len(own), dtype=torch.float64)
    return GuidedGram(layer, own, target, float(len(own) / target.square().sum()), shares)


def _measure(easel: Easel, photograph: Image, painting: Image, guides: int, ends: Ends) -> Figures:
    figures = {
        "style loss, end / start": part_of_loss(ends.last, "style:") / part_of_loss(ends.first, "style:"),
        "content loss": part_of_loss(ends.last, "content:"),
        "to the photograph": distance(ends.last.image, photograph),
    }
    return {**figures, EQUAL: _beside_naive(easel, photograph, painting, guides)} if guides else figures


@torch.no_grad()
def _beside_naive(easel: Easel, photograph: Image, painting: Image, guides: int) -> float:
    """How far a layer's loss is from its printed form, on a part of its features, with a part of the guides."""
    encoder, weights, layer = easel.encoder(OPTIONS), window_weights(HALF), LAYERS[0]
    seen = [encoder(one, (layer, CONTENT)) for one in (photograph, painting)]
    features = [naive.part(one[layer]) for one in seen]
    spoken = [naive.part(one) for one in responses(seen[0][CONTENT], seen[1][CONTENT], guides)]
    sizes = [Size.of(feature) for feature in features]
    resampled = [content_guides(one, size, window_weights(0)) for one, size in zip(spoken, sizes, strict=True)]
    target, sums = (
        naive.covariance(feature, one, weights) / size.area
        for feature, one, size in zip(features[::-1], resampled[::-1], sizes[::-1], strict=True)
    )
    term = _term(layer, (spoken[0], spoken[1]), sizes[0], features[1])
    efficient = float(term.score(term.summarize(features[0], Window.whole(sizes[0]))))
    return naive.difference(efficient, float((sums - target).square().sum() / target.square().sum()))


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    left, equal = (of_column(results, name) for name in ("style loss, end / start", EQUAL))
    plain, *guided = results
    costs = {one.column: closure_time(one) / closure_time(plain) for one in guided}
    return [
        Check(
            "the efficient form is the naive one (difference in float64, below 1e-10)",
            named(equal, ".1e"),
            max(equal.values()) < 1e-10,
        ),
        Check(
            "the covariance of style and content is met as style alone is (share of the loss left, below one half)",
            named(left),
            max(left.values()) < 0.5,
        ),
        Check("what it costs (time of a closure beside plain style)", named(costs, ".2f"), None),
        Check("style goes where the content is", "see the pictures", None),
    ]


EXPERIMENT = Experiment(
    name="covariance",
    title="Style-content covariance",
    source="Nikulin, Novak, 1602.07188, style-content covariance (proposed there, without results)",
    claim="Matching the covariance of content responses with local Gram matrices ties each style to the content"
    " it belongs to. Computed as Gram matrices guided by content features, equal to the naive form.",
    cells=cells,
    check=check,
)
