"""Tracing a network into a graph of operations by running it on an image without values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import torch
from torch import Tensor

from brushwork.choices import Engine
from brushwork.feedforward.tiling.graph import GraphNode, NetworkGraph, UntraceableError
from brushwork.feedforward.tiling.kernel_ops import ConvolutionOperation
from brushwork.feedforward.tiling.local_ops import PointwiseOperation
from brushwork.feedforward.tiling.torch_ops import JOINING, POINTWISE, STEPS
from brushwork.types import Image

Network: TypeAlias = Callable[[Image], Image]
"""A function from images to images: a module, or a function that calls one."""

_ABOUT = frozenset({"__get__", "size", "dim", "numel", "__len__", "is_floating_point"})
"""Functions that only query a tensor; `__get__` reads its properties: shape, device, dtype."""


def trace_network(network: Network, image: Image, engine: Engine = "plain") -> NetworkGraph:
    """Return the graph of a network for images of this size, and the engine of its convolutions on CPUs.

    Raises: UntraceableError: an operation cannot be evaluated window by window.
    """
    nodes = [GraphNode(image.shape, None)]
    with torch.no_grad():
        drawn = network(TracedTensor.of(nodes, image))
    if not isinstance(drawn, TracedTensor):
        raise UntraceableError("the network's output does not depend on its input image.")
    return NetworkGraph([_set_engine(node, engine) for node in nodes[: drawn.number + 1]], engine)


def _set_engine(node: GraphNode, engine: Engine) -> GraphNode:
    does = node.operation
    return replace(node, operation=replace(does, engine=engine)) if isinstance(does, ConvolutionOperation) else node


class TracedTensor(Tensor):
    """A node as the network sees it: a tensor with a shape but no values; operations on it become new nodes."""

    nodes: list[GraphNode]
    number: int

    @classmethod
    def of(cls, nodes: list[GraphNode], like: Tensor) -> TracedTensor:
        """Return a traced tensor for the last node."""
        shape = nodes[-1].shape
        made: TracedTensor = Tensor._make_wrapper_subclass(cls, shape, dtype=like.dtype, device=like.device)
        made.nodes, made.number = nodes, len(nodes) - 1
        return made

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        return f"Traced(node {self.number}, {list(self.shape)})"

    @classmethod
    def __torch_function__(
        cls, function: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Record a torch function applied to a traced tensor; called by torch."""
        name = getattr(function, "__name__", "")
        given = {key: value for key, value in (kwargs or {}).items() if key != "inplace"}
        if name in _ABOUT:
            return super().__torch_function__(function, types, args, kwargs)  # type: ignore[no-untyped-call]
        if name in POINTWISE:
            return _pointwise(name, function, args, given)
        if name in STEPS:
            return _step(name, function, args, given)
        raise UntraceableError(f"{name} has no rule for evaluation window by window.")

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Raise for operations that `__torch_function__` does not handle."""
        raise UntraceableError(f"{function} has no rule for evaluation window by window.")


def _step(name: str, function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> TracedTensor:
    source = args[0]
    does, shape = STEPS[name](source.shape, function, *args[1:], **kwargs)
    source.nodes.append(GraphNode(shape, does, (source.number,)))
    return TracedTensor.of(source.nodes, source)


def _pointwise(name: str, function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> TracedTensor:
    """Record an elementwise function; the feature maps among its arguments are its sources."""
    shape = _shape(name, args, kwargs)
    like = next(one for one in _flat(args) if isinstance(one, TracedTensor))
    sources: list[int] = []

    def to_source(value: Any) -> Any:
        """Replace a feature map by the index of a source; per-channel tensors such as prelu's weights stay."""
        if isinstance(value, TracedTensor):
            sources.append(value.number)
        elif isinstance(value, Tensor) and value.ndim > 1 and value.shape[-2:] != (1, 1):
            full = value.detach().expand(*value.shape[:-2], *shape[-2:])
            like.nodes.append(GraphNode(full.shape, full))
            sources.append(len(like.nodes) - 1)
        else:
            return value
        return _Source(len(sources) - 1)

    call = partial(_call_with, function, [_map_nested(to_source, one) for one in args], kwargs)
    does = PointwiseOperation(call, torch.relu_ if name == "relu" else None)
    like.nodes.append(GraphNode(shape, does, tuple(sources)))
    return TracedTensor.of(like.nodes, like)


class _Source(int):
    """Index of a source, standing in for its part."""


def _call_with(function: Callable[..., Any], args: list[Any], kwargs: dict[str, Any], *parts: Tensor) -> Tensor:
    """Call the function with the parts in their places."""

    def part(value: Any) -> Any:
        return parts[value] if isinstance(value, _Source) else value

    drawn: Tensor = function(*(_map_nested(part, one) for one in args), **kwargs)
    return drawn


def _map_nested(function: Callable[[Any], Any], value: Any) -> Any:
    """Apply a function to a value, or to all values in nested lists and tuples.

    It is not nested in its caller: a recursive inner function is a reference cycle, and would keep feature maps until
    garbage collection.
    """
    return [_map_nested(function, one) for one in value] if isinstance(value, list | tuple) else function(value)


def _flat(args: Sequence[Any]) -> list[Any]:
    return [one for value in args for one in (value if isinstance(value, list | tuple) else [value])]


def _shape(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> torch.Size:
    """Return the shape of an elementwise function's result."""
    shapes = [one.shape for one in _flat(args) if isinstance(one, Tensor)]
    if name not in JOINING:
        # torch.broadcast_shapes would import half a second of other packages.
        return max(shapes, key=lambda shape: (len(shape), shape.numel()))
    if (args[1:] or (kwargs.get("dim", 0),))[0] not in (1, -3):
        raise UntraceableError("feature maps are concatenated along another dimension than channels.")
    batch, _, height, width = shapes[0]
    return torch.Size((batch, sum(shape[1] for shape in shapes), height, width))
