"""Figure 3 of 1508.06576: layers × ratio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import sqrt

import torch

from brushwork.judging.statistics import gram_distance
from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel
from brushwork.lab.experiment import Experiment, by_column, falls, listed, rises
from brushwork.lab.figures import part_of_loss
from brushwork.picture import Size, fit, resize
from brushwork.recipes import Pictures, Transfer, preset
from brushwork.types import Image

LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
RATIOS = (1e-5, 1e-4, 1e-3, 1e-2)
"""α/β as the paper prints it; the two in the middle are not certain."""
SHARE = 0.8
"""Of the closures, in a quick run: smaller ratios settle late, and change places before."""
DEEPEST = f"Gram distance on {LAYERS[-1]}"


def cells(easel: Easel) -> list[Cell]:
    """The pictures to paint."""
    return [_cell(easel, depth, ratio) for depth in range(1, 6) for ratio in RATIOS]


def _cell(easel: Easel, depth: int, ratio: float) -> Cell:
    base = preset("gatys-2015")
    options = easel.spending(
        replace(
            base,
            size=easel.size,
            measure="long",
            style_layers=LAYERS[:depth],
            content_weight=ratio * base.style_weight,
        ),
        SHARE,
    )
    pictures = Pictures(easel.photograph, (easel.painting,))
    settings, paint = easel.settings(options, pictures), easel.recipe(options, pictures)
    measure = partial(_measure, easel, options)
    return Cell(f"to {LAYERS[depth - 1]}", f"{ratio:.0e}", settings, paint, measure)


def _measure(easel: Easel, options: Transfer, ends: Ends) -> Figures:
    """The unweighted losses; and how near the highest layer is to the painting, whether it is matched or not."""
    return {
        "content loss": part_of_loss(ends.last, "content:") / options.content_weight,
        "style loss": part_of_loss(ends.last, "style:") / options.style_weight,
        DEEPEST: _apart(easel, options, ends.last.image),
    }


@torch.no_grad()
def _apart(easel: Easel, options: Transfer, image: Image) -> float:
    """‖G − A‖/‖A‖ on the highest layer."""
    encoder = easel.encoder(options)
    painting = resize(easel.painting, fit(Size.of(easel.painting), easel.size, by="long"), clamp=True)
    own, other = (encoder(one, LAYERS[-1:])[LAYERS[-1]] for one in (image, painting))
    return sqrt(gram_distance(own, other))


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    rows = list(dict.fromkeys(result.row for result in results))
    most = [by_column(results, row)[0].figures[DEEPEST] for row in rows]
    return [
        *(one for row in rows for one in _row(results, row)),
        Check(
            f"the more layers are matched, the nearer the highest one (leftmost column, ‖G − A‖/‖A‖ on {LAYERS[-1]})",
            listed(most),
            falls(most),
        ),
    ]


def _row(results: Sequence[Result], row: str) -> list[Check]:
    content, style = (
        [result.figures[name] for result in by_column(results, row)] for name in ("content loss", "style loss")
    )
    return [
        Check(f"{row}: the content loss falls from left to right", listed(content), falls(content)),
        Check(f"{row}: the style loss rises from left to right", listed(style), rises(style)),
    ]


EXPERIMENT = Experiment(
    name="fig3",
    title="Layers × ratio of content to style",
    source="Gatys, Ecker, Bethge, 1508.06576, figure 3",
    claim="Rows: style matched on growing subsets of layers, whose structures grow larger and smoother. "
    "Columns: the ratio α/β of content to style, from a texturized version of the painting on the left to"
    " the photograph with hardly any style on the right.",
    cells=cells,
    check=check,
)
