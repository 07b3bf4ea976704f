"""Localized style (1602.07188): the Gram matrix around every cell, in windows of growing size."""

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
from brushwork.picture import Size, Window, fit, resize
from brushwork.terms import Content, LocalStyle
from brushwork.terms.covariance import window_weights
from brushwork.types import Image

HALF_SIZES = (0, 1, 2, 4)
LAYERS = ("conv2_1", "conv3_1")
CONTENT = "conv4_2"
CONTENT_WEIGHT = 0.2

OPTIONS = replace(BOXED, style_layers=LAYERS, boxed=False, line_search=False, iterations=150, first_move=3e-4)


def cells(easel: Easel) -> list[Cell]:
    """The pictures to paint."""
    return [_cell(easel, half) for half in HALF_SIZES]


def _cell(easel: Easel, half: int) -> Cell:
    size = fit(Size.of(easel.photograph), easel.size, by="long")
    photograph, painting = (resize(one, size, clamp=True) for one in (easel.photograph, easel.painting))
    options = easel.spending(OPTIONS)

    def objective(encoder: Encoder) -> Objective:
        return _objective(encoder, photograph, painting, half)

    shown = [fingerprint(photograph), fingerprint(painting)]
    settings = {**asdict(options), "half size": half, "content weight": CONTENT_WEIGHT, "pictures": shown}
    paint = synthesize(easel, options, objective, photograph)
    return Cell("", f"s = {half}", settings, paint, partial(_measure, photograph, painting))


@torch.no_grad()
def _objective(encoder: Encoder, photograph: Image, painting: Image, half: int) -> Objective:
    """Each term as a share: of the painting's windowed Gram matrices, of the photograph's features."""
    targets, kept = encoder(painting, LAYERS), encoder(photograph, [CONTENT])[CONTENT]
    content = Content(CONTENT, kept, float(1 / kept.square().sum()))
    objective = Objective.one(f"content:{CONTENT}", content, CONTENT_WEIGHT)
    for layer, target in targets.items():
        term = LocalStyle(layer, target, window_weights(half), 1.0)
        whole = term.score(term.summarize(torch.zeros_like(target), Window.whole(Size.of(target))))
        objective += Objective.one(f"local:{layer}", replace(term, norm=float(1 / whole)))
    return objective


def _measure(photograph: Image, painting: Image, ends: Ends) -> Figures:
    return {
        "to the painting": distance(ends.last.image, painting),
        "to the photograph": distance(ends.last.image, photograph),
        "style loss": part_of_loss(ends.last, "local:"),
    }


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    near = [one.figures["to the painting"] for one in results]
    return [
        Check(
            "s = 0 smears the painting over the photograph; larger windows do so less (distance to the painting)",
            listed(near),
            near[0] == min(near),
        )
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
