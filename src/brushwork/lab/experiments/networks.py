"""Networks (1602.07188): VGG-19, VGG-16, AlexNet and GoogLeNet on the same pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from brushwork.errors import BrushworkError
from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel
from brushwork.lab.experiment import Experiment
from brushwork.lab.figures import part_of_loss
from brushwork.recipes import Pictures, Transfer

VGG = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")

NETWORKS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "vgg19-normalized": (("conv4_2",), VGG),
    "vgg19": (("conv4_2",), VGG),
    "vgg16": (("conv4_2",), VGG),
    "alexnet": (("conv4",), ("conv1", "conv2", "conv3", "conv4", "conv5")),
    "googlenet": (("inception_3a",), ("conv1", "conv3", "inception_3a", "inception_4a", "inception_5a")),
}
"""Content and style layers of each network; those of AlexNet and GoogLeNet as contemporaries chose them."""


def cells(easel: Easel) -> list[Cell]:
    """The pictures to paint."""
    return [_cell(easel, name) for name in NETWORKS if _is_there(easel, name)]


def _options(easel: Easel, network: str) -> Transfer:
    """Losses are shares of each network's own targets: the same weights balance every network."""
    content, style = NETWORKS[network]
    options = Transfer(network=network, content_layers=content, style_layers=style, size=easel.size, coarsest=0)
    return easel.spending(replace(options, style_falloff=1.0, iterations=300))


def _is_there(easel: Easel, network: str) -> bool:
    try:
        easel.encoder(_options(easel, network))
    except BrushworkError:
        return False
    return True


def _cell(easel: Easel, network: str) -> Cell:
    options, pictures = _options(easel, network), Pictures(easel.photograph, (easel.painting,))
    measure = partial(_measure, easel, network)
    return Cell("", network, easel.settings(options, pictures), easel.recipe(options, pictures), measure)


def _measure(easel: Easel, network: str, ends: Ends) -> Figures:
    """Judged in VGG-16, and what VGG-16 painted in AlexNet."""
    jury = easel.jury("alexnet" if network == "vgg16" else "vgg16")
    found = jury(ends.last.image, content=easel.photograph, style=easel.painting)
    return {
        "content": found.content,
        "gram style": found.gram_style,
        "sliced style": found.sliced_style,
        "LPIPS (AlexNet)": found.lpips_alexnet,
        "style loss, end / start": part_of_loss(ends.last, "style:") / part_of_loss(ends.first, "style:"),
    }


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    style = {one.column: one.figures["sliced style"] for one in results if one.column != "vgg16"}
    others = [value for name, value in style.items() if not name.startswith("vgg")]
    best = min(value for name, value in style.items() if name.startswith("vgg"))
    measured = ", ".join(f"{name} {value:.3g}" for name, value in style.items())
    claim = "VGG gives the best style (sliced Wasserstein distance to the painting, judged in VGG-16)"
    return [Check(claim, measured, best < min(others) if others else None)]


EXPERIMENT = Experiment(
    name="networks",
    title="Networks that judge",
    source="Nikulin, Novak, 1602.07188, networks",
    claim="VGG-19 gives the best pictures; the reason given is that its 3×3 filters of stride 1 keep fine "
    "detail. Through secondary notes. A judge akin to the winner (VGG-16) favors it; what VGG-16 painted "
    "is judged in AlexNet.",
    cells=cells,
    check=check,
)
