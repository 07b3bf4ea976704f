"""Neighbors loss: compares each feature with the nearest style feature, by the cosine of centered features."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from brushwork.losses.chunked import BLOCK_NUMBERS
from brushwork.losses.moments import as_float32
from brushwork.losses.sampling import draw_columns, step_seed
from brushwork.losses.style_loss import Norms, StyleLossSpec, StyleTarget, register_loss
from brushwork.types import Feature, PerImage

QUERIES = 2048
"""Number of positions of the optimized image to compare at a time."""

Columns = Float[Tensor, "c _"]


@dataclass(frozen=True)
class NeighborsLoss:
    """Neighbors loss, scale · mean over p of min over q of 1 − cos(f(p) − μ, s(q) − μ*).

    μ and μ* are the means of the two sets of features. If there are more than `queries` positions, p runs over a random
    sample, which `resample` draws anew. The gradient treats each q as a constant. The means need the full map, so this
    is not a sum over positions.

    Source: Kolkin et al., 2203.13215 (NNST), the final pass, with each layer matched for itself.
    Differs: positions are random, where the authors take every n-th row and column of large maps.
    """

    layer: str
    samples: Columns = field(repr=False)
    """s(q), the style's features."""
    scale: float
    seed: int = 0
    step: int = 0
    """Step number. The positions depend only on the seed and this number, so a resumed run uses the same ones."""
    queries: int = QUERIES
    """Largest number of positions p."""

    def score_whole(self, feature: Feature) -> PerImage:
        columns = as_float32(draw_columns(feature.flatten(2), self.queries, step_seed(self.seed, self.step)))
        keys = self._keys.to(columns)
        return self.scale * torch.stack([_mean_distance(normalize_columns(one), keys) for one in columns])

    def resample(self, step: int) -> NeighborsLoss:
        """Return the same loss at the positions of another step."""
        return replace(self, step=step)

    @cached_property
    def _keys(self) -> Columns:
        return normalize_columns(as_float32(self.samples))


def normalize_columns(columns: Columns) -> Columns:
    """Return the columns with their mean subtracted, each divided by its length; zero stays zero."""
    return functional.normalize(columns - columns.mean(-1, keepdim=True), dim=0)


@torch.no_grad()
def nearest_columns(queries: Columns, keys: Columns) -> Int[Tensor, "n"]:
    """Return, for each query, the index of the key with the largest inner product, in blocks of bounded memory."""
    at_once = max(1, BLOCK_NUMBERS // keys.shape[1])
    return torch.cat([(part.mT @ keys).argmax(-1) for part in torch.split(queries, at_once, dim=1)])


def _mean_distance(own: Columns, keys: Columns) -> Tensor:
    return 1 - (own * keys[:, nearest_columns(own, keys)]).sum(0).mean()


def _make(target: StyleTarget, norms: Norms) -> NeighborsLoss:
    return NeighborsLoss(target.layer, target.samples, 1.0, target.seed)


register_loss(
    StyleLossSpec(
        name="neighbors",
        help="nearest features of each layer, by their cosine; needs the full image, without tiles",
        make=_make,
        balance=4.0,
    )
)
