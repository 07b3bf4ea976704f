"""The graph of a network's operations, and channel statistics merged from parts of a feature map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from brushwork.choices import Engine
from brushwork.encoders.native.statistics import is_supported, mean_std_sums
from brushwork.errors import BrushworkError
from brushwork.feedforward.tiling.local_ops import LocalOperation
from brushwork.images.geometry import Size
from brushwork.types import Feature


class UntraceableError(BrushworkError):
    """The network has an operation that cannot be evaluated window by window."""


@dataclass(frozen=True, eq=False)
class NormLayer:
    """A normalization layer, which depends on the whole feature map.

    (x − μ)/√(σ² + ε) · scale + shift, with μ and σ² (biased) over the positions of each image, or of all images with
    `over_batch`.
    """

    scale: Tensor | None
    shift: Tensor | None
    epsilon: float
    over_batch: bool


@dataclass(frozen=True, eq=False)
class GraphNode:
    """A feature map and the operation that computes it."""

    shape: torch.Size
    operation: LocalOperation | NormLayer | Tensor | None
    """An operation on its inputs, a constant tensor, or None for the image."""
    inputs: tuple[int, ...] = ()

    @property
    def size(self) -> Size:
        return Size(self.shape[-2], self.shape[-1])


@dataclass(frozen=True, eq=False)
class NetworkGraph:
    """Nodes in topological order: the image first, the result last."""

    nodes: Sequence[GraphNode]
    engine: Engine = "plain"
    """Implementation of the convolutions on CPUs. Unless it is plain, feature maps are channels-last."""

    @property
    def norms(self) -> list[int]:
        """Indices of the norms, in order."""
        return [index for index, node in enumerate(self.nodes) if isinstance(node.operation, NormLayer)]

    @property
    def output(self) -> int:
        """Index of the result."""
        return len(self.nodes) - 1


class NormStatisticsValue(NamedTuple):
    """Mean and biased variance of a feature map's channels: 1 × or batch × channels × 1 × 1."""

    mean: Tensor
    variance: Tensor

    def pool_batch(self) -> NormStatisticsValue:
        """Return the statistics of the whole batch."""
        mean = self.mean.mean(0, keepdim=True)
        return NormStatisticsValue(mean, (self.variance + (self.mean - mean).square()).mean(0, keepdim=True))


class RunningMoments(NamedTuple):
    """Moments of the positions so far: their number, mean, and sum of squared differences from the mean."""

    positions: int
    mean: Tensor
    squares: Tensor

    @classmethod
    def of(cls, part: Feature) -> RunningMoments:
        """Return the moments of a part of a feature map, computed in its own type and returned in float64.

        Differences are taken from the part's own mean, so nothing cancels. On `mps`, which has no float64, the result
        is float32.
        """
        wide, positions = torch.float32 if part.device.type == "mps" else torch.float64, part.shape[-2] * part.shape[-1]
        if is_supported(part):
            sums, _ = mean_std_sums(part, part.new_zeros(part.shape[:2]))
            about = sums / positions
            rest, squares = (one.to(wide) for one in mean_std_sums(part, about))
            mean, squares = about.to(wide) + rest / positions, squares - rest.square() / positions
            return cls(positions, mean[..., None, None], squares[..., None, None])
        mean = part.mean((2, 3), keepdim=True)
        squares = (part - mean).square_().sum((2, 3), keepdim=True)
        return cls(positions, mean.to(wide), squares.to(wide))

    def __add__(self, other: RunningMoments) -> RunningMoments:  # type: ignore[override]
        """Return the moments of both together. Source: Chan, Golub, LeVeque 1979, eq. 2.1."""
        positions, step = self.positions + other.positions, other.mean - self.mean
        squares = self.squares + other.squares + step.square() * (self.positions * other.positions / positions)
        return RunningMoments(positions, self.mean + step * (other.positions / positions), squares)

    @property
    def statistics(self) -> NormStatisticsValue:
        return NormStatisticsValue(self.mean, self.squares / self.positions)
