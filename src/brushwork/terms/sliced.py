"""Sliced Wasserstein: features as a cloud of points, compared along random directions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from brushwork.terms.moments import Cells, chosen, vectors, wide
from brushwork.terms.parts import Part, summed
from brushwork.terms.transport import transport_distance
from brushwork.types import Feature, PerPicture

PART_NUMBERS = 8_000_000
"""About how many projections are sorted at a time."""


@dataclass(frozen=True)
class SlicedWasserstein:
    """norm · mean over directions v of W₂²({v·f(p)}, {v·f*(q)}), v uniform on the unit sphere.

    Sorting sees the whole map: no sum over positions. The directions stay until `redrawn`, so that an optimizer
    with a line search sees one function.

    Source: Heitz et al., 2006.07229, eq. 3 to 5 (as many directions as channels; redrawn at every step).
    Differs: maps of different sizes are compared exactly, without repeating cells.
    """

    tap: str
    target: Feature = field(repr=False)
    """f*, the painting's features."""
    norm: float
    count: int | None = None
    """How many directions; None: as many as channels."""
    seed: int = 0
    step: int = 0
    """Directions are drawn from the seed and this number, and from nothing else: a resumed run sees the same ones."""
    cells: Cells | None = field(default=None, repr=False)
    """Which cells of the picture are compared, one or more; None: all."""

    def score_whole(self, feature: Feature) -> PerPicture:
        seen = chosen(wide(feature), self.cells)
        return self.norm * summed(seen, self._parts(seen)) / len(self._directions)

    def redrawn(self, step: int) -> SlicedWasserstein:
        """The same term with the directions of another outer step."""
        return replace(self, step=step)

    @cached_property
    def _directions(self) -> Float[Tensor, "d c"]:
        """Unit vectors, drawn on the CPU so that every device has the same ones."""
        channels = self.target.shape[1]
        generator = torch.Generator().manual_seed(_mixed(self.seed, self.step))
        drawn = torch.randn(self.count or channels, channels, generator=generator, dtype=torch.float64)
        return functional.normalize(drawn).to(wide(self.target))

    @cached_property
    def _painting(self) -> Float[Tensor, "_ d m"]:
        """The painting's projections, ascending."""
        columns = vectors(self.target)
        projected = (self._directions[some] @ columns for some in self._some(columns.shape[-1]))
        return torch.cat([numbers.sort(dim=-1).values for numbers in projected], dim=1)

    def _some(self, cells: int) -> Iterator[slice]:
        """As many directions at a time as memory allows."""
        at_once = max(1, PART_NUMBERS // cells)
        for start in range(0, len(self._directions), at_once):
            yield slice(start, start + at_once)

    def _parts(self, feature: Feature) -> Iterator[Part]:
        cells = max(feature[0, 0].numel(), self.target[0, 0].numel()) * len(feature)
        for some in self._some(cells):
            yield Part(slice(None), partial(self._along, some))

    def _along(self, directions: slice, feature: Feature) -> PerPicture:
        projections = self._directions[directions].to(feature) @ feature.flatten(2)
        return transport_distance(projections, self._painting[:, directions].to(feature)).sum(-1)


def _mixed(seed: int, step: int) -> int:
    """One seed of two numbers: far apart even when the numbers are near."""
    return (seed * 0x9E3779B97F4A7C15 + step * 0xBF58476D1CE4E5B9 + 1) % 2**63  # splitmix64's constants
