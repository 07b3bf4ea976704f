"""Figure 1 of 1508.06576: what the layers keep of a photograph, and of a painting."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel
from brushwork.lab.experiment import Experiment, by_column, falls, listed, named, of_column, rises
from brushwork.lab.figures import correlation, grain_size, part_of_loss, psnr
from brushwork.recipes import Pictures, ReconstructContent, Texture
from brushwork.types import Image

LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
CONTENT, STYLE = "content", "style"

PERFECT = 25.0
"""dB of PSNR from which a reconstruction counts as almost perfect."""
STRANGER = 0.3
"""Correlation up to which a picture counts as arranged otherwise."""


def cells(easel: Easel) -> list[Cell]:
    """The pictures to paint."""
    return [*(_content(easel, layer) for layer in LAYERS), *(_style(easel, depth) for depth in range(1, 6))]


def _content(easel: Easel, layer: str) -> Cell:
    options = easel.spending(ReconstructContent(layer=layer, size=easel.size))
    pictures = Pictures(easel.photograph)
    measure = partial(_of_content, easel.photograph)
    return Cell(CONTENT, layer, easel.settings(options, pictures), easel.recipe(options, pictures), measure)


def _of_content(photograph: Image, ends: Ends) -> Figures:
    error = float(ends.last.step.losses.total / ends.first.step.losses.total)
    return {"PSNR, dB": psnr(ends.last.image, photograph), "feature error, end / start": error}


def _style(easel: Easel, depth: int) -> Cell:
    layers = LAYERS[:depth]
    options = easel.spending(Texture(style_layers=layers, picture_size=easel.size, measure="long"))
    pictures = Pictures(easel.painting)
    measure = partial(_of_style, easel.painting)
    return Cell(STYLE, layers[-1], easel.settings(options, pictures), easel.recipe(options, pictures), measure)


def _of_style(painting: Image, ends: Ends) -> Figures:
    worst = max(
        float(ends.last.step.losses.terms[name] / value) for name, value in ends.first.step.losses.terms.items()
    )
    ratio = part_of_loss(ends.last, "style:") / part_of_loss(ends.first, "style:")
    return {
        "grain, px": grain_size(ends.last.image),
        "correlation with the painting": correlation(ends.last.image, painting),
        "style loss, end / start": ratio,
        "worst layer, end / start": worst,
    }


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    return [*_of_photograph(by_column(results, CONTENT)), *_of_painting(by_column(results, STYLE))]


def _of_photograph(results: Sequence[Result]) -> list[Check]:
    ratios, errors = of_column(results, "PSNR, dB"), of_column(results, "feature error, end / start")
    lower = list(ratios.values())[:3]
    return [
        Check(
            "higher layers lose the photograph's pixels (PSNR in dB falls)", named(ratios), falls([*ratios.values()])
        ),
        Check(f"conv1_1 to conv3_1 keep it almost perfectly ({PERFECT:g} dB)", listed(lower), min(lower) >= PERFECT),
        Check("every layer's features are met (error left below 5 %)", named(errors), max(errors.values()) < 0.05),
    ]


def _of_painting(results: Sequence[Result]) -> list[Check]:
    grains, alike = of_column(results, "grain, px"), of_column(results, "correlation with the painting")
    return [
        Check(
            "structures grow with the layers that are matched (half-width of the autocorrelation in pixels)",
            named(grains),
            rises([*grains.values()]),
        ),
        Check(
            f"the arrangement of the scene is lost (correlation with the painting within ±{STRANGER})",
            named(alike, ".2f"),
            max(map(abs, alike.values())) <= STRANGER,
        ),
    ]


EXPERIMENT = Experiment(
    name="fig1",
    title="Content and style reconstructions",
    source="Gatys, Ecker, Bethge, A Neural Algorithm of Artistic Style (1508.06576), figure 1",
    claim="Reconstruction of the photograph from the lower layers is almost perfect; in the higher layers "
    "detailed pixel information is lost while the high-level content is kept. Style reconstructions from "
    "growing subsets of layers match the painting on an increasing scale, and discard the arrangement of "
    "the scene.",
    cells=cells,
    check=check,
)
