"""Evaluation of a network with exact normalization statistics, for images of any size.

Between two normalization layers, the feature map is computed strip by strip while its statistics are accumulated. Only
maps that later layers need are cached, large ones in files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import inf, prod
from typing import TypeAlias

from torch import Tensor

from brushwork.feedforward.tiling.evaluate import WindowEvaluator
from brushwork.feedforward.tiling.graph import GraphNode, NetworkGraph, NormLayer, NormStatisticsValue, RunningMoments
from brushwork.images.geometry import Size, Window, cut_evenly
from brushwork.storage.mapped import empty_or_mapped
from brushwork.types import Feature, Image

AllocateBuffer: TypeAlias = Callable[[Sequence[int], Tensor], Tensor]
"""Allocates the buffer of a feature map: an empty tensor of the given shape, like another tensor."""

STRIP = 2**16
"""Pixels of the image per strip, if memory is not limited. Larger strips gain nothing: they do not fit into the CPU's
caches."""

_THINNEST = 8
"""Minimum rows of a strip: the input of thinner ones would be mostly halo."""

_NOTHING = frozenset[int]()


def make_buffers(graph: NetworkGraph, large: float = inf) -> AllocateBuffer:
    """Return a function that allocates the feature maps of a graph: those of `large` bytes or more in files."""
    return partial(empty_or_mapped, large=large, is_channels_last=graph.engine != "plain")


def strip_windows(size: Size, area: float) -> list[Window]:
    """Return disjoint full-width strips of about `area` positions each."""
    rows = max(_THINNEST, round(area / size.width))
    return Window.grid(cut_evenly(size.height, max(1, round(size.height / rows))), [0, size.width], size)


@dataclass
class ExactNormPass:
    """One pass of an image through a graph."""

    graph: NetworkGraph
    image: Image
    area: int
    """Pixels of the image per strip."""
    buffer: AllocateBuffer
    statistics: dict[int, NormStatisticsValue] = field(default_factory=dict)
    """Statistics of the norms passed so far, by node."""

    def compute(self) -> Iterator[float | Image]:
        """Yield the fraction of the work done, and finally the result."""
        known: dict[int, Feature] = {0: self.image}
        order = materialization_order(self.graph)
        last = {root: number for number, step in enumerate(order) for root in step.roots}
        done, whole = 0.0, sum(step.cost for step in order)
        for number, step in enumerate(order):
            evaluator = WindowEvaluator(self.graph, known, self.statistics)
            for fraction in self._draw(step, evaluator, known):
                yield (done + fraction * step.cost) / whole
            done += step.cost
            for root in [one for one in known if last.get(one, number) <= number and one != step.node]:
                del known[root]
        yield known[self.graph.output]

    def _draw(self, step: Materialized, evaluator: WindowEvaluator, known: dict[int, Feature]) -> Iterator[float]:
        """Compute a feature map strip by strip and accumulate the statistics of the norms that depend on it."""
        node = self.graph.nodes[step.node]
        windows = self._windows(node.size)
        alone = windows == [Window.whole(node.size)]
        kept = self.buffer(node.shape, self.image) if step.is_kept and not alone else None
        moments: RunningMoments | None = None
        for number, window in enumerate(windows, start=1):
            part = evaluator.compute(step.node, window)
            if kept is not None:
                window.crop(kept).copy_(part)
            elif step.is_kept:
                kept = part
            if step.norms:
                moments = RunningMoments.of(part) if moments is None else moments + RunningMoments.of(part)
            del part
            yield number / len(windows)
        if kept is not None:
            known[step.node] = kept
        if moments is not None:
            self.statistics |= {norm: self._of_norm(norm, moments.statistics) for norm in step.norms}

    def _windows(self, size: Size) -> list[Window]:
        """Return the strips of a feature map; on `meta`, which only estimates memory, one strip of each height."""
        found = strip_windows(size, self.area * size.area / prod(self.image.shape[-2:]))
        return list({one.height: one for one in found}.values()) if self.image.is_meta else found

    def _of_norm(self, norm: int, statistics: NormStatisticsValue) -> NormStatisticsValue:
        does = self.graph.nodes[norm].operation
        return statistics.pool_batch() if isinstance(does, NormLayer) and does.over_batch else statistics


@dataclass(frozen=True)
class Materialized:
    """A feature map computed as a whole."""

    node: int
    is_kept: bool
    """Whether it is cached; otherwise only its statistics are computed, and it is recomputed where needed."""
    norms: tuple[int, ...]
    """The norms that normalize it."""
    roots: frozenset[int]
    """The cached feature maps from which it is computed."""
    cost: float
    """Number of multiplications, plus one per value of the feature map."""


def materialization_order(graph: NetworkGraph) -> list[Materialized]:
    """Return the nodes to materialize, in topological order.

    These are the inputs of norm layers, the output, and nodes with several consumers that are expensive: those that
    need a convolution, or more than one other feature map. Expensive nodes and the output are cached.
    """
    users, norms = _users(graph), _norms(graph)
    found: list[Materialized] = []
    roots: list[frozenset[int]] = []
    work: list[float] = []
    for index, node in enumerate(graph.nodes):
        roots.append(_NOTHING.union(*(roots[source] for source in node.inputs)))
        work.append(_effort(node) + max((work[source] for source in node.inputs), default=0.0))
        is_dear = work[index] > 0 or len(roots[index]) > 1
        is_kept = index == graph.output or (is_dear and (index in norms or users[index] > 1))
        if is_kept or index in norms:
            found.append(
                Materialized(index, is_kept, norms.get(index, ()), roots[index], work[index] + node.shape.numel())
            )
        if is_kept or node.operation is None:
            roots[index], work[index] = frozenset({index}), 0.0
    return found


def _users(graph: NetworkGraph) -> list[int]:
    """Return the number of consumers of each node."""
    counts = [0] * len(graph.nodes)
    for node in graph.nodes:
        for source in node.inputs:
            counts[source] += 1
    return counts


def _norms(graph: NetworkGraph) -> Mapping[int, tuple[int, ...]]:
    """Return the norms that take each node as input."""
    found: dict[int, tuple[int, ...]] = {}
    for norm in graph.norms:
        (source,) = graph.nodes[norm].inputs
        found[source] = (*found.get(source, ()), norm)
    return found


def _effort(node: GraphNode) -> float:
    """Return the number of multiplications in a node's own operation."""
    return 0.0 if isinstance(node.operation, NormLayer | Tensor | None) else node.operation.cost * node.shape.numel()
