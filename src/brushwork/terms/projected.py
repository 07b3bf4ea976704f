"""Gram matrices of few directions of the features: a texture with fewer numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.errors import InputError
from brushwork.picture.window import Window
from brushwork.terms.moments import count_positions, flatten_positions, gram
from brushwork.types import Feature, PerImage, Summary


@dataclass(frozen=True)
class ProjectedGramLoss:
    """norm · ‖D (G/M) Dᵀ − T‖², G = Σ_p f fᵀ over the M cells, D the directions that are seen.

    With k directions of c channels, k(k + 1)/2 numbers are matched instead of c(c + 1)/2.

    Source: Gatys, Ecker, Bethge, 1505.07376, section 4 (the model of 10k parameters: 64 components for each layer).
    """

    layer: str
    directions: Float[Tensor, "k c"] = field(repr=False)
    """D: one direction a row; see `principal_directions`."""
    target: Float[Tensor, "_ k k"] = field(repr=False)
    """T, the painting's own D (A/M_A) Dᵀ."""
    scale: float
    halo: int = 0

    def summarize(self, feature: Feature, window: Window) -> Summary:
        columns = flatten_positions(feature)
        seen = self.directions.to(columns) @ columns
        return {"count": count_positions(feature), "second": seen @ seen.mT}

    def score(self, summary: Summary) -> PerImage:
        projected = summary["second"] / summary["count"].view(-1, 1, 1)
        return self.scale * (projected - self.target).square().flatten(1).sum(-1)


@torch.no_grad()
def principal_directions(feature: Feature, most: int) -> tuple[Float[Tensor, "k c"], Float[Tensor, "1 k k"]]:
    """The directions of one painting's largest second moments, `most` or all its channels, and its target for them.

    They are eigenvectors of A/M_A, in which no mean is removed: the target is diagonal, its entries their eigenvalues.

    Raises: InputError: features of several pictures, or no direction asked for.
    """
    if len(feature) != 1 or most < 1:
        raise InputError(f"directions are 1 or more, of one picture; given: {most}, of {len(feature)}.")
    moments = gram(feature)[0] / count_positions(feature)
    values, axes = torch.linalg.eigh(moments.double())
    kept = min(most, len(values))
    chosen = values.flip(0)[:kept].clamp_min(0)
    return axes.flip(1)[:, :kept].mT.contiguous().to(moments), torch.diag(chosen).to(moments)[None]
