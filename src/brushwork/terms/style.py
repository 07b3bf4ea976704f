"""Style: the Gram matrix of a painting's features."""

from __future__ import annotations

from dataclasses import dataclass, field

from jaxtyping import Float
from torch import Tensor

from brushwork.picture.window import Window
from brushwork.terms.moments import gram_sums
from brushwork.types import Feature, PerImage, Summary


@dataclass(frozen=True)
class GramLoss:
    """norm · ‖G/M − A/M_A‖², G = Σ_p f fᵀ over the M cells of the picture.

    `scale` is 1/(4N²) in the paper, 1/N² or 1/N⁴ in programs (N channels).

    Source: 1508.06576, eq. 3 and 4.
    Differs: G and A are each divided by their own number of cells, as in all of the authors' code, so that a
    painting of another size than the photograph means the same. At equal sizes this is the printed formula.
    """

    layer: str
    target: Float[Tensor, "_ c c"] = field(repr=False)
    """A/M_A, the painting's Gram matrix over its number of cells."""
    scale: float
    halo: int = 0

    def summarize(self, feature: Feature, window: Window) -> Summary:
        return gram_sums(feature)

    def score(self, summary: Summary) -> PerImage:
        gram = summary["second"] / summary["count"].view(-1, 1, 1)
        return self.scale * (gram - self.target).square().flatten(1).sum(-1)
