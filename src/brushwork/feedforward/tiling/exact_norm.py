"""Evaluate a network with exact normalization statistics, at any size.

Between two normalization layers, the map is computed strip by strip; the statistics are gathered on the way.
Only maps that later layers need are kept, large ones in files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import prod
from typing import TypeAlias

from torch import Tensor

from brushwork.feedforward.tiling.evaluate import WindowEvaluator
from brushwork.feedforward.tiling.graph import GraphNode, NetworkGraph, NormLayer, NormStatisticsValue, RunningMoments
from brushwork.images.geometry import Size, Window
from brushwork.types import Feature, Image

AllocateBuffer: TypeAlias = Callable[[Sequence[int], Tensor], Tensor]
"""Where a map is kept: an empty tensor of a shape, like another."""

STRIP = 2**16
"""Pixels of the picture that a strip covers, where memory does not say otherwise. With larger ones nothing is gained:
they leave the processor's caches."""

_THINNEST = 8
"""Rows of a strip at least: of thinner ones, most of what is looked at lies beyond."""

_NOTHING = frozenset[int]()


def split_strips(size: Size, area: float) -> list[Window]:
    """Disjoint strips of about so many cells, over the whole width."""
    rows = max(_THINNEST, round(area / size.width))
    count = max(1, round(size.height / rows))
    cuts = [size.height * number // count for number in range(count + 1)]
    return [Window(top, 0, bottom - top, size.width, size) for top, bottom in pairwise(cuts)]


@dataclass
class ExactNormPass:
    """The way of a picture through a graph."""

    graph: NetworkGraph
    image: Image
    area: int
    """Pixels of the picture that a strip covers."""
    buffer: AllocateBuffer
    statistics: dict[int, NormStatisticsValue] = field(default_factory=dict)
    """Of the norms that were passed, by their nodes."""

    def compute(self) -> Iterator[float | Image]:
        """Shares of the work that are done, and at last the result."""
        known: dict[int, Feature] = {0: self.image}
        way = materialization_order(self.graph)
        last = {root: number for number, stop in enumerate(way) for root in stop.roots}
        done, whole = 0.0, sum(stop.cost for stop in way)
        for number, stop in enumerate(way):
            passage = WindowEvaluator(self.graph, known, self.statistics)
            for share in self._draw(stop, passage, known):
                yield (done + share * stop.cost) / whole
            done += stop.cost
            for root in [one for one in known if last.get(one, number) <= number and one != stop.node]:
                del known[root]
        yield known[self.graph.output]

    def _draw(self, stop: Materialized, passage: WindowEvaluator, known: dict[int, Feature]) -> Iterator[float]:
        """Draw a map, strip by strip, and gather the statistics of the norms that look at it."""
        node = self.graph.nodes[stop.node]
        windows = self._windows(node.size)
        alone = windows == [Window.whole(node.size)]
        kept = self.buffer(node.shape, self.image) if stop.is_kept and not alone else None
        moments: RunningMoments | None = None
        for number, window in enumerate(windows, start=1):
            part = passage.compute(stop.node, window)
            if kept is not None:
                window.crop(kept).copy_(part)
            elif stop.is_kept:
                kept = part
            if stop.norms:
                moments = RunningMoments.of(part) if moments is None else moments + RunningMoments.of(part)
            del part
            yield number / len(windows)
        if kept is not None:
            known[stop.node] = kept
        if moments is not None:
            self.statistics |= {norm: self._of_norm(norm, moments.statistics) for norm in stop.norms}

    def _windows(self, size: Size) -> list[Window]:
        """The strips of a map; where only memory counts, one of each size."""
        found = split_strips(size, self.area * size.area / prod(self.image.shape[-2:]))
        return list({one.height: one for one in found}.values()) if self.image.is_meta else found

    def _of_norm(self, norm: int, statistics: NormStatisticsValue) -> NormStatisticsValue:
        does = self.graph.nodes[norm].operation
        return statistics.pool_batch() if isinstance(does, NormLayer) and does.over_batch else statistics


@dataclass(frozen=True)
class Materialized:
    """A map that is drawn as a whole."""

    node: int
    is_kept: bool
    """Whether it is kept; else only its statistics are taken, and it is drawn again where it is needed."""
    norms: tuple[int, ...]
    """The norms whose statistics are its own."""
    roots: frozenset[int]
    """The kept maps that it is drawn from."""
    cost: float
    """Multiplications, and one for each number of the map."""


def materialization_order(graph: NetworkGraph) -> list[Materialized]:
    """What norms look at, what several others hang on, and the result, in their order.

    Only those are kept that take a convolution to draw, or more than one other map.
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
    """How many others hang on each node."""
    counts = [0] * len(graph.nodes)
    for node in graph.nodes:
        for source in node.inputs:
            counts[source] += 1
    return counts


def _norms(graph: NetworkGraph) -> Mapping[int, tuple[int, ...]]:
    """Node → the norms that look at it."""
    found: dict[int, tuple[int, ...]] = {}
    for norm in graph.norms:
        (source,) = graph.nodes[norm].inputs
        found[source] = (*found.get(source, ()), norm)
    return found


def _effort(node: GraphNode) -> float:
    """Multiplications for a node's own step."""
    return 0.0 if isinstance(node.operation, NormLayer | Tensor | None) else node.operation.cost * node.shape.numel()
