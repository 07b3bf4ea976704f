"""Texture synthesis (1505.07376): subsets of layers, numbers of parameters, random weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache, partial
from math import prod, sqrt
from typing import TypeAlias

import torch

from brushwork.encoders import Encoder, default_engine
from brushwork.encoders.preprocess import make_caffe_preprocess
from brushwork.encoders.registry import build_encoder, tensor_shapes
from brushwork.encoders.vgg import CHANNELS, CONVOLUTIONS
from brushwork.experiments.context import ExperimentContext, fingerprint_of
from brushwork.experiments.experiment import (
    CellResult,
    ClaimCheck,
    Experiment,
    ExperimentCell,
    FirstAndLast,
    Measures,
    format_named_values,
    measures_by_column,
    results_of_row,
)
from brushwork.experiments.measures import marginal_distance, spectrum_distance
from brushwork.experiments.synthesis import make_gray_noise, synthesize
from brushwork.images import Size, fit_size, resize
from brushwork.losses import GramLoss, MeanStdLoss, ProjectedGramLoss, principal_directions
from brushwork.losses.moments import gram
from brushwork.objective import Objective
from brushwork.recipes import TextureOptions
from brushwork.types import Feature, Image

LAYERS = ("conv1_1", "pool1", "pool2", "pool3", "pool4")
COMPONENTS = 64
"""Principal components of each layer in the model of 10k parameters."""
ALL = tuple(
    layer
    for block, count in enumerate(CONVOLUTIONS[19][:4], start=1)
    for layer in (*(f"conv{block}_{index}" for index in range(1, count + 1)), f"pool{block}")
)
"""Every convolution and pooling up to pool4: 852k parameters."""

OPTIONS = TextureOptions(network="vgg19-normalized", iterations=500, measure="long", line_search=True)
"""Without line search, L-BFGS hardly leaves gray if a single shallow layer is matched, whose loss is concave there."""
EVALUATOR = "alexnet"
"""Network in which results are compared with the source; none was optimized with it."""

SLICED = f"sliced style, {EVALUATOR}"
DISTANCES = ("spectrum distance", "marginal distance", SLICED)

DEPTH, PARAMETERS, WEIGHTS = "layers up to", "parameters", "weights"

Match: TypeAlias = Callable[[Feature, str], Objective]


def gram_match(feature: Feature, layer: str) -> Objective:
    """Return the loss against the Gram matrix, relative to the matrix's squared norm.

    The factor is nearly 1/(4N²), as in the paper, if the mean activation is 1.
    """
    target = gram(feature) / Size.of(feature).area
    return Objective.single(f"style:{layer}", GramLoss(layer, target, float(1 / target.square().sum())))


def component_match(feature: Feature, layer: str) -> Objective:
    """Return the loss against the Gram matrix of the principal components."""
    directions, target = principal_directions(feature, COMPONENTS)
    return Objective.single(
        f"style:{layer}", ProjectedGramLoss(layer, directions, target, float(1 / target.square().sum()))
    )


def mean_match(feature: Feature, layer: str) -> Objective:
    """Return the loss against the means alone."""
    mean = feature.mean((2, 3))
    term = MeanStdLoss(layer, mean, torch.zeros_like(mean), float(1 / mean.square().sum()), std_weight=0.0)
    return Objective.single(f"style:{layer}", term)


MODELS: Mapping[str, tuple[tuple[str, ...], Match]] = {
    "1k": (LAYERS, mean_match),
    "10k": (LAYERS, component_match),
    "177k": (LAYERS, gram_match),
    "852k": (ALL, gram_match),
}
"""Number of parameters → layers, and the loss at each."""


def count_parameters(layers: Sequence[str], match: Match) -> int:
    """Return the number of parameters that a model takes from its source."""
    counts = [CHANNELS[int(layer.removeprefix("conv").removeprefix("pool")[0]) - 1] for layer in layers]
    if match is mean_match:
        return sum(counts)
    kept = [min(count, COMPONENTS) if match is component_match else count for count in counts]
    return sum(count * (count + 1) // 2 for count in kept)


def make_cells(context: ExperimentContext) -> list[ExperimentCell]:
    """Return the cells: subsets of layers, numbers of parameters, trained and random weights."""
    depths = [_cell(context, DEPTH, layer, LAYERS[: depth + 1], gram_match) for depth, layer in enumerate(LAYERS)]
    models = [_cell(context, PARAMETERS, name, *model) for name, model in MODELS.items()]
    kinds = {"trained": None, "random": random_network}
    weights = [_cell(context, WEIGHTS, name, LAYERS, gram_match, kind) for name, kind in kinds.items()]
    return [*depths, *models, *weights]


def _cell(
    context: ExperimentContext,
    row: str,
    column: str,
    layers: Sequence[str],
    match: Match,
    network: Callable[[], Encoder] | None = None,
) -> ExperimentCell:
    source = resize(context.style, fit_size(Size.of(context.style), context.size, measure="long"), clamp=True)
    options, init = (
        context.scale_iterations(replace(OPTIONS, style_layers=tuple(layers))),
        make_gray_noise(Size.of(source)),
    )
    weights = "random" if network else "trained"
    shown = [fingerprint_of(source), fingerprint_of(init)]
    settings = {**asdict(options), "match": match.__name__, "weights": weights, "pictures": shown}
    settings["evaluated by"] = context.available_evaluators([EVALUATOR])
    objective = partial(_objective, source, layers, match)
    paint = synthesize(context, options, objective, init, network)
    measure = partial(_measure, context, source, count_parameters(layers, match))
    return ExperimentCell(row, column, settings, paint, measure)


@torch.no_grad()
def _objective(source: Image, layers: Sequence[str], match: Match, encoder: Encoder) -> Objective:
    features = encoder(source, layers)
    return sum((match(features[layer], layer) for layer in layers), Objective({}))


@cache
def random_network() -> Encoder:
    """Return VGG-19 with random weights whose variance preserves that of the activations (He et al., 1502.01852)."""
    generator = torch.Generator().manual_seed(0)
    tensors = {name: _weights(shape, generator) for name, shape in tensor_shapes("VGG-19").items()}
    encoder = build_encoder("VGG-19", tensors, make_caffe_preprocess(), OPTIONS.pooling, OPTIONS.padding)
    encoder.name, encoder.engine = "VGG-19, random", default_engine()
    return encoder


def _weights(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    """Return biases of 0, or weights with a variance of 2 divided by the number of inputs."""
    return (
        torch.zeros(shape) if len(shape) == 1 else torch.randn(shape, generator=generator) * sqrt(2 / prod(shape[1:]))
    )


def _measure(context: ExperimentContext, source: Image, parameters: int, first_and_last: FirstAndLast) -> Measures:
    result, losses = first_and_last.last.image, (float(one.step.losses.total) for one in first_and_last)
    init, end = losses
    measures = {
        "parameters": parameters,
        "spectrum distance": spectrum_distance(result, source),
        "marginal distance": marginal_distance(result, source),
        "loss, end / start": end / init,
    }
    for network in context.available_evaluators([EVALUATOR]):
        if found := context.evaluate(network, result, content=source, style=source):
            measures[SLICED] = found.sliced_style
    return measures


def check_claims(results: Sequence[CellResult]) -> list[ClaimCheck]:
    """Return the checks of the claims by each measured distance."""
    measured = [one for one in DISTANCES if all(one in result.measures for result in results)]
    return [one for measure in measured for one in _by(results, measure)]


def _by(results: Sequence[CellResult], measure: str) -> list[ClaimCheck]:
    depths, models, weights = (
        measures_by_column(results_of_row(results, row), measure) for row in (DEPTH, PARAMETERS, WEIGHTS)
    )
    first, *_, last = depths.values()
    few, *others, full, most = models.values()
    trained, random = weights.values()
    return [
        ClaimCheck(
            f"more layers, a closer texture ({measure}, pool4 below conv1_1)", format_named_values(depths), last < first
        ),
        ClaimCheck(
            f"means alone are not enough ({measure}, 1k farthest)",
            format_named_values(models),
            few > max([*others, full, most]),
        ),
        ClaimCheck(
            f"all layers give hardly more than five ({measure}, 852k within a third of 177k)",
            format_named_values({"177k": full, "852k": most}),
            abs(most - full) < full / 3,
        ),
        ClaimCheck(f"random weights fail ({measure}, trained closer)", format_named_values(weights), trained < random),
    ]


EXPERIMENT = Experiment(
    name="texture",
    title="Textures: layers, parameters, weights",
    source="Gatys, Ecker, Bethge, Texture Synthesis Using Convolutional Neural Networks (1505.07376), figures 2 and 3",
    claim="Textures match their source on an increasing scale the more layers are matched, up to pool4. The means of "
    "the features alone (1k parameters) do not hold the texture; 64 principal components of five layers (10k) do "
    "already, their whole Gram matrices (177k) do it well, and those of every layer (852k) add hardly anything. With "
    "random weights it fails.",
    cells=make_cells,
    check=check_claims,
)
