"""Evaluation of a network window by window, with the same result as for the whole image.

The layers between two norms are local: a window of their output depends on a somewhat larger window of known feature
maps. A norm depends on its whole feature map, whose statistics are accumulated (`exact_norm.py`) or known in advance
(`frozen_norm.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from brushwork.errors import BrushworkError
from brushwork.feedforward.tiling.graph import NetworkGraph, NormLayer, NormStatisticsValue
from brushwork.feedforward.tiling.kernel_ops import ConvolutionOperation
from brushwork.feedforward.tiling.local_ops import LocalOperation, PointwiseOperation
from brushwork.images.geometry import Window
from brushwork.types import Feature


@dataclass(frozen=True)
class WindowEvaluator:
    """A network's graph, with the known feature maps and norm statistics."""

    graph: NetworkGraph
    known: Mapping[int, Feature]
    """Whole feature maps by node; node 0 is the image."""
    statistics: Mapping[int, NormStatisticsValue]
    """Statistics of the norms, by node."""

    def compute(self, index: int, window: Window) -> Feature:
        """Return a window of a node's feature map."""
        requested = self.required_windows(index, window)
        order = sorted(requested)
        last = {source: node for node in order if node not in self.known for source in self.graph.nodes[node].inputs}
        drawn: dict[int, Feature] = {}
        for node in order:
            ended = [source for source, user in last.items() if user == node]
            may_overwrite = len(ended) == 1 and self._is_own(ended[0])
            drawn[node] = self._compute_node(node, requested, drawn, may_overwrite=may_overwrite)
            for source in ended:
                del drawn[source]
        return drawn[index]

    def _is_own(self, node: int) -> bool:
        """Return whether a node's part is a tensor of its own, and no view of a known map or of another part."""
        does = self.graph.nodes[node].operation
        return node not in self.known and isinstance(does, ConvolutionOperation | NormLayer)

    def required_windows(self, index: int, window: Window) -> dict[int, Window]:
        """Return the windows of all nodes on which a window of one node depends, down to the known feature maps."""
        requested = {index: window}
        for node in range(index, -1, -1):
            if node in requested and node not in self.known:
                for source in self.graph.nodes[node].inputs:
                    input_window = self._input_window(node, requested[node], source)
                    requested[source] = (
                        _hull([input_window, requested[source]]) if source in requested else input_window
                    )
        return requested

    def _input_window(self, node: int, window: Window, source: int) -> Window:
        does = self.graph.nodes[node].operation
        return (
            window if isinstance(does, NormLayer) else _local(does).input_window(window, self.graph.nodes[source].size)
        )

    def _compute_node(
        self, node: int, requested: Mapping[int, Window], drawn: Mapping[int, Feature], *, may_overwrite: bool
    ) -> Feature:
        """Return a part of a node's map. With `may_overwrite`, that of its only source is not needed afterwards."""
        window, does, sources = requested[node], self.graph.nodes[node].operation, self.graph.nodes[node].inputs
        if node in self.known:
            return window.crop(self.known[node])
        if isinstance(does, Tensor):
            return window.crop(does)
        windows = [self._input_window(node, window, source) for source in sources]
        parts = [
            one.relative_to(requested[source]).crop(drawn[source]) for one, source in zip(windows, sources, strict=True)
        ]
        if isinstance(does, NormLayer):
            return normalize_window(parts[0], does, self.statistics[node], overwrite=may_overwrite)
        if may_overwrite and isinstance(does, PointwiseOperation) and does.overwrite:
            return does.overwrite(parts[0])
        return _local(does).compute(window, parts, windows)


def normalize_window(
    part: Feature, norm: NormLayer, statistics: NormStatisticsValue, *, overwrite: bool = False
) -> Feature:
    """Return (x − μ)/√(σ² + ε) · scale + shift, computed with one multiplication and one addition.

    With `overwrite`, the result takes the memory of `part`.
    """
    factor = (statistics.variance + norm.epsilon).rsqrt()
    if norm.scale is not None:
        factor = factor * norm.scale.view(1, -1, 1, 1)
    summand = -statistics.mean * factor
    if norm.shift is not None:
        summand = summand + norm.shift.view(1, -1, 1, 1)
    out = part if overwrite else None
    return torch.addcmul(summand.to(part.dtype), part, factor.to(part.dtype), out=out)


def _local(does: LocalOperation | NormLayer | Tensor | None) -> LocalOperation:
    if does is None or isinstance(does, NormLayer | Tensor):
        raise BrushworkError("a feature map depends on no input: this is a bug in brushwork.")
    return does


def _hull(windows: Iterable[Window]) -> Window:
    """Return the smallest window that contains the given windows of one feature map."""
    found = list(windows)
    top, left = min(one.top for one in found), min(one.left for one in found)
    bottom, right = max(one.bottom for one in found), max(one.right for one in found)
    return Window(top, left, bottom - top, right - left, found[0].full_size)
