"""Figures 5, 6 and 7 of the CVPR 2016 paper: content layers, starting points, photographs as styles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel
from brushwork.lab.experiment import Experiment, by_column, listed, pairwise_distances
from brushwork.lab.figures import chroma_distance, distance, likeness_of_structure
from brushwork.recipes import Pictures, Transfer, preset
from brushwork.types import Image

CONTENT_LAYERS = ("conv2_2", "conv4_2")
NOISES = 4
LAYER, START, PHOTOGRAPHS = "content layer", "start", "photograph as style"


def cells(easel: Easel) -> list[Cell]:
    """The pictures to paint."""
    return [*_layers(easel), *_starts(easel), *_photographs(easel)]


def _base(easel: Easel) -> Transfer:
    return easel.spending(replace(preset("gatys-2015"), size=easel.size, measure="long"))


def _layers(easel: Easel) -> list[Cell]:
    base = _base(easel)
    return [_cell(easel, LAYER, layer, replace(base, content_layers=(layer,))) for layer in CONTENT_LAYERS]


def _starts(easel: Easel) -> list[Cell]:
    base = _base(easel)
    seeds = {f"noise {seed}": replace(base, seed=seed) for seed in range(NOISES)}
    starts = {"photograph": replace(base, start="content"), "painting": replace(base, start="style"), **seeds}
    return [_cell(easel, START, name, options) for name, options in starts.items()]


def _photographs(easel: Easel) -> list[Cell]:
    """The second photograph, if there is one, as the style of the first (α/β = 1e-2, from the photograph)."""
    if len(easel.photographs) < 2:
        return []
    (_, own), (name, other), *_ = easel.photographs.items()
    base = _base(easel)
    options = replace(base, start="content", content_weight=1e-2 * base.style_weight)
    pictures = Pictures(own, (other,))
    settings, paint = easel.settings(options, pictures), easel.recipe(options, pictures)
    return [Cell(PHOTOGRAPHS, name, settings, paint, partial(_of_photograph, own, other))]


def _cell(easel: Easel, row: str, column: str, options: Transfer) -> Cell:
    pictures = Pictures(easel.photograph, (easel.painting,))
    settings, paint = easel.settings(options, pictures), easel.recipe(options, pictures)
    return Cell(row, column, settings, paint, partial(_measure, easel.photograph))


def _measure(photograph: Image, ends: Ends) -> Figures:
    return {
        "loss": float(ends.last.step.losses.total),
        "to the photograph": distance(ends.last.image, photograph),
        "SSIM to the photograph": likeness_of_structure(ends.last.image, photograph),
    }


def _of_photograph(own: Image, other: Image, ends: Ends) -> Figures:
    return {
        **_measure(own, ends),
        "chroma distance before": chroma_distance(own, other),
        "chroma distance after": chroma_distance(ends.last.image, other),
    }


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    low, high = (one.figures["SSIM to the photograph"] for one in by_column(results, LAYER))
    return [
        Check(
            "conv2_2 keeps the photograph's fine detail, conv4_2 lets it merge with the style (SSIM to it)",
            listed([low, high]),
            low > high,
        ),
        *_of_starts(by_column(results, START)),
        *map(_of_light, by_column(results, PHOTOGRAPHS)),
    ]


def _of_starts(results: Sequence[Result]) -> list[Check]:
    apart = pairwise_distances(results)
    noises = [value for (one, other), value in apart.items() if "noise" in one and "noise" in other]
    own, *others = (one.figures["to the photograph"] for one in results)
    losses = [one.figures["loss"] for one in results]
    return [
        Check(
            "noise gives unlimited variants (smallest distance of two of them, above 0.05)",
            listed([min(noises)]),
            min(noises) > 0.05,
        ),
        Check(
            "the start biases the outcome a little (distance to the photograph: from it; from the painting, noises)",
            f"{own:.3g}; {listed(others)}",
            own < min(others),
        ),
        Check(
            "but has no strong effect: results are as far apart as two noises' are (farthest pair within 1.5 times)",
            "; ".join(f"{one} – {other} {value:.3g}" for (one, other), value in apart.items()),
            max(apart.values()) < 1.5 * max(noises),
        ),
        Check(
            "nor on the loss (largest over smallest, below 2)",
            listed([max(losses) / min(losses)]),
            max(losses) < 2 * min(losses),
        ),
    ]


def _of_light(result: Result) -> Check:
    """Figure 7: the result is a photograph still, and has the other's colors."""
    kept, far, near = (
        result.figures[name] for name in ("SSIM to the photograph", "chroma distance before", "chroma distance after")
    )
    return Check(
        "with a photograph as style the photograph stays one (SSIM above 0.5), and takes the other's colors (chroma "
        "distance to it, before and after)",
        f"SSIM {kept:.2f}; {far:.3f}, {near:.3f}",
        kept > 0.5 and near < far,
    )


EXPERIMENT = Experiment(
    name="cvpr",
    title="Content layers, starting points, photographs as styles",
    source="Gatys, Ecker, Bethge, Image Style Transfer Using Convolutional Neural Networks (CVPR 2016), figures 5 to 7",
    claim="Content on a low layer blends the texture over the photograph, on conv4_2 both merge. The starting "
    "point biases the outcome a little towards its spatial structure, without a strong effect; noise "
    "allows for arbitrarily many new pictures. A photograph can be the style of another.",
    cells=cells,
    check=check,
)
