"""Diversity: the entropy of what a network draws, by how far the nearest other picture of the batch is."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.terms.moments import as_float32
from brushwork.types import Feature, PerImage

_SMALLEST = 1e-12
"""Mean squares below this count as it: pictures that are the same have a finite loss."""


@dataclass(frozen=True)
class DiversityLoss:
    """−ln ρ_i, ρ_i = min_{j ≠ i} ‖f_i − f_j‖ / √n: the larger the distances, the less; 0 for a picture by itself.

    Its mean over the batch is, but for a factor and a constant, minus the estimate of Kozachenko and Leonenko of the
    entropy of what is drawn. n, the numbers of a feature map, is such a constant.

    Source: 1701.02096, §3 (Julesz ensembles).
    Differs: distances are those of features, as the paper's texture model is; those of pixels also grow by noise.
    """

    layer: str

    def score_whole(self, feature: Feature) -> PerImage:
        """The loss, one number for each picture of the batch."""
        if len(feature) == 1:
            return 0 * as_float32(feature).sum((1, 2, 3))
        return -0.5 * _to_nearest(feature).clamp_min(_SMALLEST).log()


def _to_nearest(feature: Feature) -> PerImage:
    """Mean square of the difference to the nearest other one."""
    rows = as_float32(feature).flatten(1)
    with torch.no_grad():
        nearest = _distances(rows).argmin(1)
    return (rows - rows[nearest]).square().mean(1)


def _distances(rows: Float[Tensor, "b n"]) -> Float[Tensor, "b b"]:
    """Between all rows; infinite to themselves."""
    found = torch.stack([(rows - row).square().sum(1) for row in rows])
    return found.fill_diagonal_(float("inf"))
