"""Sliced Wasserstein: features as a cloud of points, compared along random directions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from brushwork.terms.moments import Positions, as_float32, flatten_positions, select_positions
from brushwork.terms.parts import LossChunk, sum_chunks
from brushwork.terms.transport import transport_distance
from brushwork.types import Feature, PerImage

PART_NUMBERS = 8_000_000
"""About how many projections are sorted at a time."""


@dataclass(frozen=True)
class SlicedWassersteinLoss:
    """norm · mean over directions v of W₂²({v·f(p)}, {v·f*(q)}), v uniform on the unit sphere.

    Sorting sees the whole map: no sum over positions. The directions stay until `resample`, so that an optimizer
    with a line search sees one function.

    Source: Heitz et al., 2006.07229, eq. 3 to 5 (as many directions as channels; redrawn at every step).
    Differs: maps of different sizes are compared exactly, without repeating cells.
    """

    layer: str
    target: Feature = field(repr=False)
    """f*, the painting's features."""
    scale: float
    count: int | None = None
    """How many directions; None: as many as channels."""
    seed: int = 0
    step: int = 0
    """Directions are drawn from the seed and this number, and from nothing else: a resumed run sees the same ones."""
    positions: Positions | None = field(default=None, repr=False)
    """Which cells of the picture are compared, one or more; None: all."""

    def score_whole(self, feature: Feature) -> PerImage:
        seen = select_positions(as_float32(feature), self.positions)
        return self.scale * sum_chunks(seen, self._parts(seen)) / len(self._directions)

    def resample(self, step: int) -> SlicedWassersteinLoss:
        """The same term with the directions of another outer step."""
        return replace(self, step=step)

    @cached_property
    def _directions(self) -> Float[Tensor, "d c"]:
        """Unit vectors, drawn on the CPU so that every device has the same ones."""
        channels = self.target.shape[1]
        generator = torch.Generator().manual_seed(_mixed(self.seed, self.step))
        drawn = torch.randn(self.count or channels, channels, generator=generator, dtype=torch.float64)
        return functional.normalize(drawn).to(as_float32(self.target))

    @cached_property
    def _style(self) -> Float[Tensor, "_ d m"]:
        """The painting's projections, ascending."""
        columns = flatten_positions(self.target)
        projected = (self._directions[some] @ columns for some in self._some(columns.shape[-1]))
        return torch.cat([numbers.sort(dim=-1).values for numbers in projected], dim=1)

    def _some(self, positions: int) -> Iterator[slice]:
        """As many directions at a time as memory allows."""
        at_once = max(1, PART_NUMBERS // positions)
        for start in range(0, len(self._directions), at_once):
            yield slice(start, start + at_once)

    def _parts(self, feature: Feature) -> Iterator[LossChunk]:
        positions = max(feature[0, 0].numel(), self.target[0, 0].numel()) * len(feature)
        for some in self._some(positions):
            yield LossChunk(slice(None), partial(self._along, some))

    def _along(self, directions: slice, feature: Feature) -> PerImage:
        projections = self._directions[directions].to(feature) @ feature.flatten(2)
        return transport_distance(projections, self._style[:, directions].to(feature)).sum(-1)


def _mixed(seed: int, step: int) -> int:
    """One seed of two numbers: far apart even when the numbers are near."""
    return (seed * 0x9E3779B97F4A7C15 + step * 0xBF58476D1CE4E5B9 + 1) % 2**63  # splitmix64's constants
