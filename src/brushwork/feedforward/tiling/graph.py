"""A network as a graph of operations, and channel statistics merged from parts of a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from brushwork.errors import BrushworkError
from brushwork.feedforward.tiling.local_ops import LocalOperation
from brushwork.images.geometry import Size
from brushwork.types import Feature


class UntraceableError(BrushworkError):
    """A network does something that is not known to be possible window by window."""


@dataclass(frozen=True, eq=False)
class NormLayer:
    """Channels less their mean, over their deviation: what hangs on the whole map.

    (x − μ)/√(σ² + ε) · scale + shift, with μ and σ² (biased) over the cells of each picture, or `over_batch` of all.
    """

    scale: Tensor | None
    shift: Tensor | None
    epsilon: float
    over_batch: bool


@dataclass(frozen=True, eq=False)
class GraphNode:
    """A map, and how it comes about."""

    shape: torch.Size
    operation: LocalOperation | NormLayer | Tensor | None
    """A step from its sources; a tensor that is there already; None: the picture."""
    inputs: tuple[int, ...] = ()

    @property
    def size(self) -> Size:
        return Size(self.shape[-2], self.shape[-1])


@dataclass(frozen=True, eq=False)
class NetworkGraph:
    """Nodes, each after its sources: the picture first, the result last."""

    nodes: Sequence[GraphNode]

    @property
    def norms(self) -> list[int]:
        """The numbers of the norms, in order."""
        return [index for index, node in enumerate(self.nodes) if isinstance(node.operation, NormLayer)]

    @property
    def output(self) -> int:
        """The number of the result."""
        return len(self.nodes) - 1


class NormStatisticsValue(NamedTuple):
    """Mean and biased variance of a map's channels, 1 or batch × channels × 1 × 1."""

    mean: Tensor
    variance: Tensor

    def pool_batch(self) -> NormStatisticsValue:
        """Those of the whole batch."""
        mean = self.mean.mean(0, keepdim=True)
        return NormStatisticsValue(mean, (self.variance + (self.mean - mean).square()).mean(0, keepdim=True))


class RunningMoments(NamedTuple):
    """What is kept of the cells seen so far: their number, mean, and sum of squared differences from it."""

    positions: int
    mean: Tensor
    squares: Tensor

    @classmethod
    def of(cls, part: Feature) -> RunningMoments:
        """Of the cells of a part; taken about its own mean, so that nothing cancels, and kept in float64.

        On `mps`, which has no float64, in float32.
        """
        wide = torch.float32 if part.device.type == "mps" else torch.float64
        mean = part.mean((2, 3), keepdim=True)
        squares = (part - mean).square_().sum((2, 3), keepdim=True)
        return cls(part.shape[-2] * part.shape[-1], mean.to(wide), squares.to(wide))

    def __add__(self, other: RunningMoments) -> RunningMoments:  # type: ignore[override]
        """Of the cells of both. Source: Chan, Golub, LeVeque 1979, eq. 2.1."""
        positions, step = self.positions + other.positions, other.mean - self.mean
        squares = self.squares + other.squares + step.square() * (self.positions * other.positions / positions)
        return RunningMoments(positions, self.mean + step * (other.positions / positions), squares)

    @property
    def statistics(self) -> NormStatisticsValue:
        return NormStatisticsValue(self.mean, self.squares / self.positions)
