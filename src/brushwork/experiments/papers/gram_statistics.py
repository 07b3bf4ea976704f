"""Gram statistics (1602.07188): textures from Gram matrices that share only their statistics with a painting's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.encoders import Encoder
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
from brushwork.experiments.measures import grain_size
from brushwork.experiments.synthesis import BOUNDED, make_gray_noise, synthesize
from brushwork.images import Size
from brushwork.images.color_transfer import exact
from brushwork.losses import GramLoss
from brushwork.objective import Objective
from brushwork.style import Style
from brushwork.types import Image

LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1")

SPECTRAL = "conv3_1"
"""The layer whose spectra are compared."""
OWN = "the painting's"

Matrix = Float[Tensor, "c c"]

OPTIONS = replace(BOUNDED, style_layers=LAYERS, bounded=False, line_search=False, iterations=300)


def permute(matrix: Matrix, generator: torch.Generator) -> Matrix:
    """Return the matrix with rows and columns permuted together: the same spectrum, but other channels."""
    order = torch.randperm(len(matrix), generator=generator)
    return matrix[order][:, order]


def shuffle(matrix: Matrix, generator: torch.Generator) -> Matrix:
    """Return the matrix with its diagonal and its other numbers shuffled separately; usually, it is no Gram matrix."""
    rows, columns = torch.triu_indices(len(matrix), len(matrix), offset=1)
    other = torch.diag(matrix.diagonal()[torch.randperm(len(matrix), generator=generator)])
    upper = matrix[rows, columns][torch.randperm(len(rows), generator=generator)]
    other[rows, columns] = upper
    other[columns, rows] = upper
    return other


def shuffle_and_project(matrix: Matrix, generator: torch.Generator) -> Matrix:
    """Return the positive semidefinite matrix nearest to the shuffled one."""
    values, vectors = torch.linalg.eigh(exact(shuffle(matrix, generator)))
    nearest: Matrix = ((vectors * values.clamp_min(0)) @ vectors.mT).to(matrix)
    return nearest


def random_gram(matrix: Matrix, generator: torch.Generator) -> Matrix:
    """Return a Gram matrix of white noise with the same norm: a control that shares no statistics with the matrix."""
    noise = torch.randn(matrix.shape, generator=generator, dtype=matrix.dtype).to(matrix)
    found = noise @ noise.mT
    scaled: Matrix = found * (matrix.norm() / found.norm())
    return scaled


KINDS: Mapping[str, Callable[[Matrix, torch.Generator], Matrix]] = {
    OWN: lambda matrix, generator: matrix,
    "rows and columns permuted": permute,
    "entries shuffled": shuffle,
    "shuffled, projected to PSD": shuffle_and_project,
    "random": random_gram,
}


def make_cells(context: ExperimentContext) -> list[ExperimentCell]:
    """Return the cells: each kind of target for the first two styles."""
    return [_cell(context, name, kind) for name in list(context.styles)[:2] for kind in KINDS]


def _cell(context: ExperimentContext, name: str, kind: str) -> ExperimentCell:
    options, style = context.scale_iterations(OPTIONS), context.styles[name]
    init = make_gray_noise(Size(context.size, context.size))

    def objective(encoder: Encoder) -> Objective:
        targets = target_grams(style, kind, encoder)
        return sum((_term(layer, target) for layer, target in targets.items()), Objective({}))

    settings = {**asdict(options), "way": kind, "pictures": [fingerprint_of(style), fingerprint_of(init)]}
    return ExperimentCell(
        name, kind, settings, synthesize(context, options, objective, init), partial(_measure, context, style, kind)
    )


def target_grams(style_image: Image, kind: str, encoder: Encoder) -> dict[str, Matrix]:
    """Return the target Gram matrices of a kind; every kind uses the same seed."""
    style, generator = Style.of(style_image, encoder, LAYERS), torch.Generator().manual_seed(0)
    return {layer: KINDS[kind](style.statistics[layer].gram[0], generator) for layer in LAYERS}


def _term(layer: str, target: Matrix) -> Objective:
    return Objective.single(f"style:{layer}", GramLoss(layer, target[None], float(1 / target.square().sum())))


def _measure(context: ExperimentContext, style: Image, kind: str, first_and_last: FirstAndLast) -> Measures:
    """Return ‖G − A‖/‖A‖ on every layer, and on one layer the distances of the spectra of G, A and the style."""
    left = {name.removeprefix("style:"): float(loss) for name, loss in first_and_last.last.step.losses.terms.items()}
    apart = {f"distance, {layer}": max(0.0, loss) ** 0.5 for layer, loss in left.items()}
    encoder = context.encoder(OPTIONS)
    matrices = (
        target_grams(first_and_last.last.image, OWN, encoder)[SPECTRAL],
        target_grams(style, kind, encoder)[SPECTRAL],
        target_grams(style, OWN, encoder)[SPECTRAL],
    )
    result, target, own = map(torch.linalg.eigvalsh, map(exact, matrices))
    return {
        **apart,
        f"spectrum to target's, {SPECTRAL}": float((result - target).norm() / target.norm()),
        f"target's spectrum to the painting's, {SPECTRAL}": float((target - own).norm() / own.norm()),
        "grain, px": grain_size(first_and_last.last.image),
    }


def check_claims(results: Sequence[CellResult]) -> list[ClaimCheck]:
    """Return the checks of the claims."""
    return [one for row in dict.fromkeys(one.row for one in results) for one in _of(row, results_of_row(results, row))]


def _of(row: str, results: Sequence[CellResult]) -> list[ClaimCheck]:
    worst = {
        one.column: max(value for name, value in one.measures.items() if name.startswith("distance")) for one in results
    }
    spectra, kept = (
        measures_by_column(results, f"{what}, {SPECTRAL}")
        for what in ("spectrum to target's", "target's spectrum to the painting's")
    )
    return [
        ClaimCheck(
            f"{row}: targets that no image has cannot be matched; the painting's own is matched best (‖G − A‖/‖A‖ on "
            "the worst layer)",
            format_named_values(worst),
            worst[OWN] == min(worst.values()),
        ),
        ClaimCheck(
            f"{row}: permuted together, the target keeps the painting's spectrum; shuffled, it does not "
            f"({SPECTRAL}, ‖λ − λ*‖/‖λ*‖)",
            format_named_values(kept),
            kept["rows and columns permuted"] < 1e-3 < kept["entries shuffled"],
        ),
        ClaimCheck(
            f"{row}: the spectrum of a real painting is matched best ({SPECTRAL}, ‖λ − λ*‖/‖λ*‖)",
            format_named_values(spectra),
            spectra[OWN] == min(spectra.values()),
        ),
        ClaimCheck(f"{row}: such targets give complex textures, more so than random ones", "see the pictures", None),
    ]


EXPERIMENT = Experiment(
    name="gram-statistics",
    title="Textures from the statistics of a Gram matrix",
    source="Nikulin, Novak, 1602.07188, mimicking sparsity and intensity of the Gram matrix",
    claim="Random targets whose entries are distributed as those of a painting give complex textures. Freely "
    "permuted entries are mostly no Gram matrix, so their loss cannot vanish; rows and columns permuted "
    "together keep the spectrum.",
    cells=make_cells,
    check=check_claims,
)
