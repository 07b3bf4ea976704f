"""Gram statistics (1602.07188): textures from Gram matrices that share only their numbers with a painting's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel, fingerprint
from brushwork.lab.experiment import Experiment, by_column, named, of_column
from brushwork.lab.figures import grain_size
from brushwork.lab.synthesis import BOXED, gray_noise, synthesize
from brushwork.objective import Objective
from brushwork.perception import Encoder
from brushwork.picture import Size
from brushwork.style import Style
from brushwork.terms import GramStyle
from brushwork.types import Image

LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1")

SPECTRAL = "conv3_1"
"""The layer whose spectra are compared."""
OWN = "the painting's"

Matrix = Float[Tensor, "c c"]

OPTIONS = replace(BOXED, style_layers=LAYERS, boxed=False, line_search=False, iterations=300)


def permuted(matrix: Matrix, dice: torch.Generator) -> Matrix:
    """Rows and columns permuted together: the same spectrum, other channels."""
    order = torch.randperm(len(matrix), generator=dice)
    return matrix[order][:, order]


def shuffled(matrix: Matrix, dice: torch.Generator) -> Matrix:
    """The same numbers at random places, diagonal and the rest each for itself: mostly no Gram matrix of anything."""
    rows, columns = torch.triu_indices(len(matrix), len(matrix), offset=1)
    other = torch.diag(matrix.diagonal()[torch.randperm(len(matrix), generator=dice)])
    upper = matrix[rows, columns][torch.randperm(len(rows), generator=dice)]
    other[rows, columns] = upper
    other[columns, rows] = upper
    return other


def projected(matrix: Matrix, dice: torch.Generator) -> Matrix:
    """Shuffled, and then the nearest matrix that is positive semidefinite."""
    values, vectors = torch.linalg.eigh(shuffled(matrix, dice).double())
    nearest: Matrix = ((vectors * values.clamp_min(0)) @ vectors.mT).to(matrix.dtype)
    return nearest


def random(matrix: Matrix, dice: torch.Generator) -> Matrix:
    """A Gram matrix of white noise, as large as the given one: a control that shares no statistics with it."""
    noise = torch.randn(matrix.shape, generator=dice, dtype=matrix.dtype)
    found = noise @ noise.mT
    scaled: Matrix = found * (matrix.norm() / found.norm())
    return scaled


WAYS: Mapping[str, Callable[[Matrix, torch.Generator], Matrix]] = {
    OWN: lambda matrix, dice: matrix,
    "rows and columns permuted": permuted,
    "entries shuffled": shuffled,
    "shuffled, projected to PSD": projected,
    "random": random,
}


def cells(easel: Easel) -> list[Cell]:
    """The pictures to paint."""
    return [_cell(easel, name, way) for name in list(easel.paintings)[:2] for way in WAYS]


def _cell(easel: Easel, name: str, way: str) -> Cell:
    options, painting = easel.spending(OPTIONS), easel.paintings[name]
    start = gray_noise(Size(easel.size, easel.size))

    def objective(encoder: Encoder) -> Objective:
        targets = wanted(painting, way, encoder)
        return sum((_term(layer, target) for layer, target in targets.items()), Objective({}))

    settings = {**asdict(options), "way": way, "pictures": [fingerprint(painting), fingerprint(start)]}
    return Cell(
        name, way, settings, synthesize(easel, options, objective, start), partial(_measure, easel, painting, way)
    )


def wanted(painting: Image, way: str, encoder: Encoder) -> dict[str, Matrix]:
    """The Gram matrices that are to be met; each way begins with the same dice."""
    style, dice = Style.of(painting, encoder, LAYERS), torch.Generator().manual_seed(0)
    return {layer: WAYS[way](style.moments[layer].gram[0].cpu(), dice) for layer in LAYERS}


def _term(layer: str, target: Matrix) -> Objective:
    return Objective.one(f"style:{layer}", GramStyle(layer, target[None], float(1 / target.square().sum())))


def _measure(easel: Easel, painting: Image, way: str, ends: Ends) -> Figures:
    """‖G − A‖/‖A‖ on every layer; and of one layer, how far the spectra of G, of A and of the painting's are apart."""
    left = {name.removeprefix("style:"): float(loss) for name, loss in ends.last.step.losses.terms.items()}
    apart = {f"distance, {layer}": max(0.0, loss) ** 0.5 for layer, loss in left.items()}
    encoder = easel.encoder(OPTIONS)
    matrices = (
        wanted(ends.last.image, OWN, encoder)[SPECTRAL],
        wanted(painting, way, encoder)[SPECTRAL],
        wanted(painting, OWN, encoder)[SPECTRAL],
    )
    result, target, own = map(torch.linalg.eigvalsh, (one.double() for one in matrices))
    return {
        **apart,
        f"spectrum to target's, {SPECTRAL}": float((result - target).norm() / target.norm()),
        f"target's spectrum to the painting's, {SPECTRAL}": float((target - own).norm() / own.norm()),
        "grain, px": grain_size(ends.last.image),
    }


def check(results: Sequence[Result]) -> list[Check]:
    """The claims, beside what was measured."""
    return [one for row in dict.fromkeys(one.row for one in results) for one in _of(row, by_column(results, row))]


def _of(row: str, results: Sequence[Result]) -> list[Check]:
    worst = {
        one.column: max(value for name, value in one.figures.items() if name.startswith("distance")) for one in results
    }
    spectra, kept = (
        of_column(results, f"{what}, {SPECTRAL}")
        for what in ("spectrum to target's", "target's spectrum to the painting's")
    )
    return [
        Check(
            f"{row}: targets that no picture has keep a distance, the painting's own is met best (‖G − A‖/‖A‖ on the "
            "worst layer)",
            named(worst),
            worst[OWN] == min(worst.values()),
        ),
        Check(
            f"{row}: permuted together, the target keeps the painting's spectrum; shuffled, it does not "
            f"({SPECTRAL}, ‖λ − λ*‖/‖λ*‖)",
            named(kept),
            kept["rows and columns permuted"] < 1e-3 < kept["entries shuffled"],
        ),
        Check(
            f"{row}: a spectrum that a picture has is met best ({SPECTRAL}, ‖λ − λ*‖/‖λ*‖)",
            named(spectra),
            spectra[OWN] == min(spectra.values()),
        ),
        Check(f"{row}: such targets give complex textures, more so than random ones", "see the pictures", None),
    ]


EXPERIMENT = Experiment(
    name="gram-statistics",
    title="Textures from the statistics of a Gram matrix",
    source="Nikulin, Novak, 1602.07188, mimicking sparsity and intensity of the Gram matrix",
    claim="Random targets whose entries are distributed as those of a painting give complex textures. Freely "
    "permuted entries are mostly no Gram matrix, so their loss cannot vanish; rows and columns permuted "
    "together keep the spectrum.",
    cells=cells,
    check=check,
)
