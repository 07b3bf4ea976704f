"""Figure 1 of 1508.06576: what the layers keep of a photograph, and of a painting."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel
from brushwork.lab.experiment import Experiment, by_column, falls, listed, rises
from brushwork.lab.figures import grain_size, part_of_loss, psnr
from brushwork.recipes import Pictures, ReconstructContent, Texture
from brushwork.types import Image

LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
CONTENT, STYLE = "content", "style"


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
    return {"psnr": psnr(ends.last.image, photograph), "feature error, end / start": error}


def _style(easel: Easel, depth: int) -> Cell:
    layers = LAYERS[:depth]
    options = easel.spending(Texture(style_layers=layers, picture_size=easel.size, measure="long"))
    pictures = Pictures(easel.painting)
    return Cell(STYLE, layers[-1], easel.settings(options, pictures), easel.recipe(options, pictures), _of_style)


def _of_style(ends: Ends) -> Figures:
    worst = max(
        float(ends.last.step.losses.terms[name] / value) for name, value in ends.first.step.losses.terms.items()
    )
    ratio = part_of_loss(ends.last, "style:") / part_of_loss(ends.first, "style:")
    return {"grain": grain_size(ends.last.image), "style loss, end / start": ratio, "worst layer, end / start": worst}


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    ratios = [result.figures["psnr"] for result in by_column(results, CONTENT)]
    grains = [result.figures["grain"] for result in by_column(results, STYLE)]
    return [
        Check(
            "lower layers keep the photograph almost exactly, higher ones lose its pixels (PSNR falls with depth)",
            f"{listed(ratios, '.1f')} dB",
            falls(ratios),
        ),
        Check(
            "the size of local structure in style reconstructions grows with depth (half-width of autocorrelation)",
            f"{listed(grains, '.1f')} px",
            rises(grains),
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
