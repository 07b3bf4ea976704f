"""What a network does to a picture of a size: maps, and how each comes of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from brushwork.errors import BrushworkError
from brushwork.fast.local import LocalOperation
from brushwork.picture.window import Size


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
