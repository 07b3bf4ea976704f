"""Networks (1602.07188): VGG-19, VGG-16, AlexNet and GoogLeNet on the same pair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from brushwork.controls import RecipeInputs
from brushwork.experiments.context import ExperimentContext, has_weights
from brushwork.experiments.experiment import (
    CellResult,
    ClaimCheck,
    Experiment,
    ExperimentCell,
    FirstAndLast,
    Measures,
    format_named_values,
    measures_by_column,
)
from brushwork.experiments.measures import spectrum_distance, sum_losses
from brushwork.gradients import evaluate_whole
from brushwork.images import Size
from brushwork.recipes import Progress, TransferOptions, run_recipe
from brushwork.recipes.init_image import make_init_image
from brushwork.recipes.style_transfer import TransferProblem

VGG = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")

NETWORKS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "vgg19-normalized": (("conv4_2",), VGG),
    "vgg19": (("conv4_2",), VGG),
    "vgg16": (("conv4_2",), VGG),
    "alexnet": (("conv4",), ("conv1", "conv2", "conv3", "conv4", "conv5")),
    "googlenet": (("inception_3a",), ("conv1", "conv3", "inception_3a", "inception_4a", "inception_5a")),
}
"""Content and style layers of each network; those of AlexNet and GoogLeNet as chosen at the time."""


SLICED, SPECTRUM = "sliced style", "spectrum distance"

EVALUATORS = ("vgg16", "alexnet", "googlenet")
"""Networks for evaluation; none evaluates the images that it optimized."""

BASE = TransferOptions(
    pooling="max",
    init="noise",
    init_noise=0.0,
    jitter=0,
    min_size=0,
    iterations=300,
    initial_step=3e-4,
    max_step=0.05,
    style_falloff=1.0,
    moment_weight=0.0,
    tv_weight=0.0,
)
CONTENT_AT_START, STYLE_AT_START = 1.0, 10.0
"""Weighted losses of every network at its start from noise."""


def make_cells(context: ExperimentContext) -> list[ExperimentCell]:
    """Return the cells of the networks whose weights are on this machine."""
    return [_cell(context, name) for name in NETWORKS if has_weights(context.encoder, _options(context, name))]


def _options(context: ExperimentContext, network: str) -> TransferOptions:
    content, style = NETWORKS[network]
    options = replace(BASE, network=network, content_layers=content, style_layers=style, size=context.size)
    return context.scale_iterations(options)


def _cell(context: ExperimentContext, network: str) -> ExperimentCell:
    options, images = _options(context, network), RecipeInputs(context.content, (context.style,))
    settings = {
        **context.settings(options, images),
        "losses at the start": [CONTENT_AT_START, STYLE_AT_START],
        "evaluated by": _evaluators(context, network),
    }

    def paint() -> Iterator[Progress]:
        return run_recipe(balance_weights(context, options, images), images, encoder=context.encoder(options))

    return ExperimentCell("", network, settings, paint, partial(_measure, context, network))


def _evaluators(context: ExperimentContext, network: str) -> list[str]:
    """Return the evaluators, other than a network, whose weights are on this machine."""
    return context.available_evaluators(name for name in EVALUATORS if name != network)


def balance_weights(context: ExperimentContext, options: TransferOptions, images: RecipeInputs) -> TransferOptions:
    """Return the options with weights that give every network the same content and style losses at the start."""
    content_image, encoder = images.content, context.encoder(options)
    size = options.schedule(Size.of(content_image))[-1].size
    init = make_init_image(options, size, content_image, context.style, options.encoder_scale).requires_grad_(True)
    problem = TransferProblem(content_image, (context.style,), options, encoder)
    losses = evaluate_whole(encoder, problem.objective_at(size))(init).terms
    content, style = (
        sum(float(value) for name, value in losses.items() if name.startswith(kind)) for kind in ("content:", "style:")
    )
    return replace(
        options,
        content_weight=options.content_weight * CONTENT_AT_START / content,
        style_weight=options.style_weight * STYLE_AT_START / style,
    )


def _measure(context: ExperimentContext, network: str, first_and_last: FirstAndLast) -> Measures:
    """Return distances in the other networks on this machine whose layers fit the image, and by the spectrum."""
    measures = {
        "style loss, end / start": sum_losses(first_and_last.last, "style:")
        / sum_losses(first_and_last.first, "style:"),
        SPECTRUM: spectrum_distance(first_and_last.last.image, context.style),
    }
    image = first_and_last.last.image
    for name in _evaluators(context, network):
        found = context.evaluate(name, image, content=context.content, style=context.style)
        if found is None:
            continue
        measures |= {
            f"content, {name}": found.content,
            f"gram style, {name}": found.gram_style,
            f"{SLICED}, {name}": found.sliced_style,
        }
        lpips = {"alexnet": found.lpips_alexnet, "vgg16": found.lpips_vgg16}
        measures |= {f"LPIPS, {name}": value for name, value in lpips.items() if name != network}
    return measures


def check_claims(results: Sequence[CellResult]) -> list[ClaimCheck]:
    """Return the checks of the claims."""
    return [
        *(one for name in EVALUATORS if (one := _check_style(results, name)) is not None),
        _best(
            measures_by_column(results, SPECTRUM),
            "VGG keeps fine detail (distance of the spectrum to the painting's, measured without a network)",
        ),
    ]


def _check_style(results: Sequence[CellResult], evaluator: str) -> ClaimCheck | None:
    style = measures_by_column(results, f"{SLICED}, {evaluator}")
    if not style:
        return None
    return _best(
        style, f"VGG gives the best style (sliced Wasserstein distance to the painting, evaluated in {evaluator})"
    )


def _best(found: Mapping[str, float], claim: str) -> ClaimCheck:
    """Return the check that the smallest value is a VGG's; with only VGGs, there is nothing to compare."""
    others = [value for name, value in found.items() if not name.startswith("vgg")]
    best = min(value for name, value in found.items() if name.startswith("vgg"))
    return ClaimCheck(claim, format_named_values(found), best < min(others) if others else None)


EXPERIMENT = Experiment(
    name="networks",
    title="Encoder networks",
    source="Nikulin, Novak, 1602.07188, networks",
    claim="VGG-19 gives the best pictures; the reason given is that its 3×3 filters of stride 1 keep fine detail. "
    "Through secondary notes. The weights make content and style equally important at the start in every "
    "network. No network evaluates its own results; VGG-16 favors VGG-19, its close relative.",
    cells=make_cells,
    check=check_claims,
)
