"""Which maps of a network are drawn as wholes, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from brushwork.fast.graph import GraphNode, NetworkGraph, NormLayer

_NOTHING = frozenset[int]()


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
