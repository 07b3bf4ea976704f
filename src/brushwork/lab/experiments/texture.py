"""Texture synthesis (1505.07376): subsets of layers, numbers of parameters, random weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache, partial
from math import prod, sqrt
from typing import TypeAlias

import torch

from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel, fingerprint
from brushwork.lab.experiment import Experiment, by_column, named, of_column
from brushwork.lab.figures import marginal_distance, spectrum_distance
from brushwork.lab.synthesis import gray_noise, synthesize
from brushwork.objective import Objective
from brushwork.perception import Encoder
from brushwork.perception.architectures import build, shapes
from brushwork.perception.vgg import CHANNELS, CONVOLUTIONS, caffe_preprocess
from brushwork.picture import Size, fit, resize
from brushwork.recipes import Texture
from brushwork.terms import GramStyle, MeanStd, ProjectedGram, principal_directions
from brushwork.terms.moments import gram
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

OPTIONS = Texture(network="vgg19-normalized", iterations=500, measure="long", line_search=True)
"""Unsearched, L-BFGS hardly leaves gray where a single shallow layer is matched: its loss is concave there."""
DISTANCES = ("spectrum distance", "marginal distance")
DEPTH, PARAMETERS, WEIGHTS = "layers up to", "parameters", "weights"

Match: TypeAlias = Callable[[Feature, str], Objective]


def grams(feature: Feature, layer: str) -> Objective:
    """The Gram matrix, as a share of itself: nearly 1/(4N²), as in the paper, where the mean activation is 1."""
    target = gram(feature) / Size.of(feature).area
    return Objective.one(f"style:{layer}", GramStyle(layer, target, float(1 / target.square().sum())))


def components(feature: Feature, layer: str) -> Objective:
    """The Gram matrix of the principal components."""
    directions, target = principal_directions(feature, COMPONENTS)
    return Objective.one(f"style:{layer}", ProjectedGram(layer, directions, target, float(1 / target.square().sum())))


def means(feature: Feature, layer: str) -> Objective:
    """The means alone."""
    mean = feature.mean((2, 3))
    term = MeanStd(layer, mean, torch.zeros_like(mean), float(1 / mean.square().sum()), std_share=0.0)
    return Objective.one(f"style:{layer}", term)


MODELS: Mapping[str, tuple[tuple[str, ...], Match]] = {
    "1k": (LAYERS, means),
    "10k": (LAYERS, components),
    "177k": (LAYERS, grams),
    "852k": (ALL, grams),
}
"""Parameters → layers, and what is matched on each."""


def parameters(layers: Sequence[str], match: Match) -> int:
    """Numbers that a model takes from its source."""
    counts = [CHANNELS[int(layer.removeprefix("conv").removeprefix("pool")[0]) - 1] for layer in layers]
    if match is means:
        return sum(counts)
    kept = [min(count, COMPONENTS) if match is components else count for count in counts]
    return sum(count * (count + 1) // 2 for count in kept)


def cells(easel: Easel) -> list[Cell]:
    """The pictures to paint."""
    depths = [_cell(easel, DEPTH, layer, LAYERS[: depth + 1], grams) for depth, layer in enumerate(LAYERS)]
    models = [_cell(easel, PARAMETERS, name, *model) for name, model in MODELS.items()]
    kinds = {"trained": None, "random": random_network}
    weights = [_cell(easel, WEIGHTS, name, LAYERS, grams, kind) for name, kind in kinds.items()]
    return [*depths, *models, *weights]


def _cell(
    easel: Easel,
    row: str,
    column: str,
    layers: Sequence[str],
    match: Match,
    network: Callable[[], Encoder] | None = None,
) -> Cell:
    source = resize(easel.painting, fit(Size.of(easel.painting), easel.size, by="long"), clamp=True)
    options, start = easel.spending(replace(OPTIONS, style_layers=tuple(layers))), gray_noise(Size.of(source))
    weights = "random" if network else "trained"
    shown = [fingerprint(source), fingerprint(start)]
    settings = {**asdict(options), "match": match.__name__, "weights": weights, "pictures": shown}
    objective = partial(_objective, source, layers, match)
    paint = synthesize(easel, options, objective, start, network)
    return Cell(row, column, settings, paint, partial(_measure, source, parameters(layers, match)))


@torch.no_grad()
def _objective(source: Image, layers: Sequence[str], match: Match, encoder: Encoder) -> Objective:
    seen = encoder(source, layers)
    return sum((match(seen[layer], layer) for layer in layers), Objective({}))


@cache
def random_network() -> Encoder:
    """VGG-19 of random weights, of such a variance that activations neither grow nor fade (He et al., 1502.01852)."""
    dice = torch.Generator().manual_seed(0)
    tensors = {name: _weights(shape, dice) for name, shape in shapes("VGG-19").items()}
    encoder = build("VGG-19", tensors, caffe_preprocess(), OPTIONS.pooling, OPTIONS.padding)
    encoder.name = "VGG-19, random"
    return encoder


def _weights(shape: tuple[int, ...], dice: torch.Generator) -> torch.Tensor:
    """Biases of 0; weights of variance 2 over the number of inputs."""
    return torch.zeros(shape) if len(shape) == 1 else torch.randn(shape, generator=dice) * sqrt(2 / prod(shape[1:]))


def _measure(source: Image, parameters: int, ends: Ends) -> Figures:
    result, losses = ends.last.image, (float(one.step.losses.total) for one in ends)
    start, end = losses
    return {
        "parameters": parameters,
        "spectrum distance": spectrum_distance(result, source),
        "marginal distance": marginal_distance(result, source),
        "loss, end / start": end / start,
    }


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    return [one for figure in DISTANCES for one in _by(results, figure)]


def _by(results: Sequence[Result], figure: str) -> list[Check]:
    depths, models, weights = (of_column(by_column(results, row), figure) for row in (DEPTH, PARAMETERS, WEIGHTS))
    first, *_, last = depths.values()
    few, *others, full, most = models.values()
    trained, random = weights.values()
    return [
        Check(f"more layers, a nearer texture ({figure}, pool4 below conv1_1)", named(depths), last < first),
        Check(f"means alone are too few ({figure}, 1k farthest)", named(models), few > max([*others, full, most])),
        Check(
            f"all layers give hardly more than five ({figure}, 852k within a third of 177k)",
            named({"177k": full, "852k": most}),
            abs(most - full) < full / 3,
        ),
        Check(f"random weights fail ({figure}, trained nearer)", named(weights), trained < random),
    ]


EXPERIMENT = Experiment(
    name="texture",
    title="Textures: layers, parameters, weights",
    source="Gatys, Ecker, Bethge, Texture Synthesis Using Convolutional Neural Networks (1505.07376), figures 2 and 3",
    claim="Textures match their source on an increasing scale the more layers are matched, up to pool4. The means of "
    "the features alone (1k parameters) do not hold the texture; 64 principal components of five layers (10k) do "
    "already, their whole Gram matrices (177k) do it well, and those of every layer (852k) add hardly anything. With "
    "random weights it fails.",
    cells=cells,
    check=check,
)
