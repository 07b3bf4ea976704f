"""Networks (1602.07188): VGG-19, VGG-16, AlexNet and GoogLeNet on the same pair."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from brushwork.errors import WeightsError
from brushwork.evaluate import whole
from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel
from brushwork.lab.experiment import Experiment, named, of_column
from brushwork.lab.figures import part_of_loss, spectrum_distance
from brushwork.picture import Size
from brushwork.recipes import Pictures, Progress, Transfer, run
from brushwork.recipes.coarse_to_fine import levels
from brushwork.recipes.start import beginning
from brushwork.recipes.subject import Subject

VGG = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")

NETWORKS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "vgg19-normalized": (("conv4_2",), VGG),
    "vgg19": (("conv4_2",), VGG),
    "vgg16": (("conv4_2",), VGG),
    "alexnet": (("conv4",), ("conv1", "conv2", "conv3", "conv4", "conv5")),
    "googlenet": (("inception_3a",), ("conv1", "conv3", "inception_3a", "inception_4a", "inception_5a")),
}
"""Content and style layers of each network; those of AlexNet and GoogLeNet as contemporaries chose them."""


SLICED, SPECTRUM = "sliced style", "spectrum distance"

JUDGES = ("vgg16", "alexnet", "googlenet")
"""None judges what it painted itself."""

BASE = Transfer(
    pooling="max",
    start="noise",
    grain=0.0,
    coarsest=0,
    iterations=300,
    style_falloff=1.0,
    spread_weight=0.0,
    smoothness=0.0,
)
CONTENT_AT_START, STYLE_AT_START = 1.0, 10.0
"""What the losses of every network weigh when it begins with noise."""


def cells(easel: Easel) -> list[Cell]:
    """The pictures to paint."""
    return [_cell(easel, name) for name in NETWORKS if _is_there(partial(easel.encoder, _options(easel, name)))]


def _options(easel: Easel, network: str) -> Transfer:
    content, style = NETWORKS[network]
    options = replace(BASE, network=network, content_layers=content, style_layers=style, size=easel.size)
    return easel.spending(options)


def _is_there(load: Callable[[], object]) -> bool:
    try:
        load()
    except WeightsError:
        return False
    return True


def _cell(easel: Easel, network: str) -> Cell:
    options, pictures = _options(easel, network), Pictures(easel.photograph, (easel.painting,))
    settings = {**easel.settings(options, pictures), "losses at the start": [CONTENT_AT_START, STYLE_AT_START]}

    def paint() -> Iterator[Progress]:
        return run(balanced(easel, options, pictures), pictures, encoder=easel.encoder(options))

    return Cell("", network, settings, paint, partial(_measure, easel, network))


def balanced(easel: Easel, options: Transfer, pictures: Pictures) -> Transfer:
    """The options with such weights that content and style weigh at the start what they weigh in every network."""
    photograph, encoder = pictures.content, easel.encoder(options)
    size = levels(Size.of(photograph), options.size, options.measure, options)[-1].size
    start = beginning(options, size, photograph, easel.painting, options.white).requires_grad_(True)
    subject = Subject(photograph, (easel.painting,), options, encoder)
    losses = whole(encoder, subject.objective_at(size))(start).terms
    content, style = (
        sum(float(value) for name, value in losses.items() if name.startswith(kind)) for kind in ("content:", "style:")
    )
    return replace(
        options,
        content_weight=options.content_weight * CONTENT_AT_START / content,
        style_weight=options.style_weight * STYLE_AT_START / style,
    )


def _measure(easel: Easel, network: str, ends: Ends) -> Figures:
    """Judged in the networks that are there and did not paint; and by the spectrum, which needs none."""
    figures = {
        "style loss, end / start": part_of_loss(ends.last, "style:") / part_of_loss(ends.first, "style:"),
        SPECTRUM: spectrum_distance(ends.last.image, easel.painting),
    }
    judges = [name for name in JUDGES if name != network and _is_there(partial(easel.jury, name))]
    for name in judges:
        found = easel.jury(name)(ends.last.image, content=easel.photograph, style=easel.painting)
        figures |= {
            f"content, {name}": found.content,
            f"gram style, {name}": found.gram_style,
            f"{SLICED}, {name}": found.sliced_style,
        }
        lpips = {"alexnet": found.lpips_alexnet, "vgg16": found.lpips_vgg16}
        figures |= {f"LPIPS, {name}": value for name, value in lpips.items() if name != network}
    return figures


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    return [
        *(one for name in JUDGES if (one := _judged(results, name)) is not None),
        _best(
            of_column(results, SPECTRUM),
            "VGG keeps fine detail (distance of the spectrum to the painting's, which no network judges)",
        ),
    ]


def _judged(results: Sequence[Result], judge: str) -> Check | None:
    style = of_column(results, f"{SLICED}, {judge}")
    if not style:
        return None
    return _best(style, f"VGG gives the best style (sliced Wasserstein distance to the painting, judged in {judge})")


def _best(found: Mapping[str, float], claim: str) -> Check:
    """Whether the least is a VGG's; with nothing but VGGs there is nothing to compare."""
    others = [value for name, value in found.items() if not name.startswith("vgg")]
    best = min(value for name, value in found.items() if name.startswith("vgg"))
    return Check(claim, named(found), best < min(others) if others else None)


EXPERIMENT = Experiment(
    name="networks",
    title="Networks that judge",
    source="Nikulin, Novak, 1602.07188, networks",
    claim="VGG-19 gives the best pictures; the reason given is that its 3×3 filters of stride 1 keep fine "
    "detail. Through secondary notes. Weights are such that content and style weigh the same in every network "
    "when it begins. No network judges what it painted itself; VGG-16 as a judge favors its kin.",
    cells=cells,
    check=check,
)
