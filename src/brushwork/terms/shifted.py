"""Gram matrices of shifted features: about another zero, or between neighbors."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.errors import InputError
from brushwork.picture.window import Size, Window
from brushwork.terms.moments import as_float32
from brushwork.types import Feature, PerImage, Summary


@dataclass(frozen=True)
class ShiftedGramLoss:
    """norm · ‖S/n − target‖², S = Σ_p (f(p) − zero)(f(p + δ) − zero)ᵀ over the n cells p whose p + δ is in the map.

    Source: Novak & Nikulin, 1605.04603 (`zero` 1, the activation shift); Berger & Memisevic, 1606.01286 (`offset`).
    Differs: Berger & Memisevic shift copies of the whole map by δ and average their losses; here a term is one δ.

    Raises: InputError: no two cells of the map lie δ apart.
    """

    layer: str
    target: Float[Tensor, "_ c c"] = field(repr=False)
    scale: float
    zero: float = 0.0
    offset: tuple[int, int] = (0, 0)
    """δ, rows down and columns to the right, in cells."""

    @property
    def halo(self) -> int:
        return max(map(abs, self.offset))

    def summarize(self, feature: Feature, window: Window) -> Summary:
        return _pairs(feature, window, self.zero, self.offset)

    def score(self, summary: Summary) -> PerImage:
        gram = summary["second"] / summary["count"].view(-1, 1, 1)
        return self.scale * (gram - self.target).square().flatten(1).sum(-1)


@torch.no_grad()
def shifted_target(feature: Feature, zero: float = 0.0, offset: tuple[int, int] = (0, 0)) -> Float[Tensor, "_ c c"]:
    """The painting's S/n, for a `ShiftedGramLoss` of the same `zero` and `offset`."""
    sums = _pairs(feature, Window.whole(Size.of(feature)), zero, offset)
    return sums["second"] / sums["count"].view(-1, 1, 1)


def _pairs(feature: Feature, window: Window, zero: float, offset: tuple[int, int]) -> Summary:
    """Σ 1 and Σ (f(p) − zero)(f(p + δ) − zero)ᵀ over the pairs whose p lies in the window."""
    (down, right), grown = offset, window.expand(max(map(abs, offset)))
    if abs(down) >= window.full_size.height or abs(right) >= window.full_size.width:
        raise InputError(
            f"no two cells of a map of {window.full_size} lie {offset} (rows, columns) apart: use a smaller offset."
        )
    top, bottom = max(window.top, -down), min(window.bottom, window.full_size.height - down)
    left, end = max(window.left, -right), min(window.right, window.full_size.width - right)
    here = Window(top - grown.top, left - grown.left, max(0, bottom - top), max(0, end - left), Size.of(feature))
    there = Window(here.top + down, here.left + right, here.height, here.width, here.full_size)
    own, other = ((as_float32(part.crop(feature)) - zero).flatten(2) for part in (here, there))
    return {"count": own.new_full((len(own),), own.shape[-1]), "second": own @ other.mT}
