"""Style-content covariance (1602.07188): style where the content is, beside style everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial

import torch

from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel, fingerprint
from brushwork.lab.experiment import Experiment, listed
from brushwork.lab.figures import distance, part_of_loss
from brushwork.lab.synthesis import BOXED, synthesize
from brushwork.objective import Objective
from brushwork.perception import Encoder
from brushwork.picture import Size, fit, resize
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
    return Cell("", name, settings, synthesize(easel, options, objective, photograph), partial(_measure, photograph))


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
    shares = torch.full((len(own),), 1 / len(own))
    return GuidedGram(layer, own, target, float(len(own) / target.square().sum()), shares)


def _measure(photograph: Image, ends: Ends) -> Figures:
    return {
        "style loss, end / start": part_of_loss(ends.last, "style:") / part_of_loss(ends.first, "style:"),
        "content loss": part_of_loss(ends.last, "content:"),
        "to the photograph": distance(ends.last.image, photograph),
    }


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    left = [one.figures["style loss, end / start"] for one in results]
    plain, *guided = (one.seconds for one in results)
    return [
        Check(
            "the covariance of style and content is met as style alone is (loss left)", listed(left), max(left) < 0.5
        ),
        Check("what it costs (time beside plain style)", listed([one / plain for one in guided]), None),
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
