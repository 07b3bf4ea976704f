"""From the functions that networks call to steps that can be done window by window.

Each reader takes the shape of its source, torch's function, and what that takes after its input; it says the step and
the shape of its result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from brushwork.fast.graph import NormLayer, UntraceableError
from brushwork.fast.local import IndexOperation, PaddingOperation, PointwiseOperation
from brushwork.fast.reading_kernels import (
    TracedStep,
    trace_conv2d,
    trace_conv_transpose2d,
    trace_interpolate,
    trace_pool,
    with_sides,
)


def _pad(
    shape: torch.Size, _: Any, /, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> TracedStep:
    left, right, top, bottom = [*pad, 0, 0][:4]
    if len(pad) > 4 or min(pad) < 0:
        raise UntraceableError(f"padding by {list(pad)} is not foreseen.")
    height, width = shape[2:]
    padded = with_sides(shape, (top + height + bottom, left + width + right))
    if mode != "circular":
        return PaddingOperation(mode, value or 0.0, (top, left), (bottom, right)), padded
    rows, columns = torch.arange(-top, height + bottom), torch.arange(-left, width + right)
    return IndexOperation(rows % height, columns % width), padded


def _item(shape: torch.Size, _: Any, /, wanted: Any) -> TracedStep:
    axes = list(wanted) if isinstance(wanted, tuple) else [wanted]
    if Ellipsis in axes:
        place = axes.index(Ellipsis)
        axes[place : place + 1] = [slice(None)] * (4 - len(axes) + 1)
    axes += [slice(None)] * (4 - len(axes))
    if not all(isinstance(one, slice) for one in axes) or axes[0] != slice(None):
        raise UntraceableError(f"choosing {wanted} of a map is not foreseen.")
    rows, columns = torch.arange(shape[2])[axes[2]], torch.arange(shape[3])[axes[3]]
    channels = len(range(shape[1])[axes[1]])
    if axes[2:] == [slice(None)] * 2:
        return PointwiseOperation(lambda part: part[:, axes[1]]), with_sides(shape, shape[2:], channels)
    if channels != shape[1]:
        raise UntraceableError(f"choosing {wanted} of a map is not foreseen: channels and cells in one.")
    return IndexOperation(rows, columns), with_sides(shape, (len(rows), len(columns)))


def _index_select(shape: torch.Size, _: Any, /, dim: int, index: Tensor) -> TracedStep:
    if dim not in (-2, -1, 2, 3):
        raise UntraceableError("choosing channels by numbers is not foreseen.")
    if index.is_meta:
        raise UntraceableError("rows are chosen by numbers that are not there.")
    rows, columns, index = torch.arange(shape[2]), torch.arange(shape[3]), index.cpu()
    chosen = (index, columns) if dim in (-2, 2) else (rows, index)
    return IndexOperation(*chosen), with_sides(shape, [len(one) for one in chosen])


def _flip(shape: torch.Size, function: Any, /, *dims: Any) -> TracedStep:
    if dims not in ((1,), ((1,),), ([1],)):
        raise UntraceableError(f"turning a map round along {dims} is not foreseen.")
    return PointwiseOperation(lambda part: function(part, (1,))), shape


def _instance_norm(
    shape: torch.Size,
    function: Any,
    /,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> TracedStep:
    if use_input_stats:
        return NormLayer(weight, bias, eps, over_batch=False), shape
    return PointwiseOperation(
        lambda part: function(part, running_mean, running_var, weight, bias, False, momentum, eps)
    ), shape


def _batch_norm(
    shape: torch.Size,
    function: Any,
    /,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> TracedStep:
    if training:
        return NormLayer(weight, bias, eps, over_batch=True), shape
    return PointwiseOperation(
        lambda part: function(part, running_mean, running_var, weight, bias, False, momentum, eps)
    ), shape


JOINING = frozenset({"cat", "concat"})
"""Functions of several maps, whose channels they put one after the other."""

POINTWISE = JOINING | set(
    "add __add__ __radd__ sub __sub__ __rsub__ rsub mul __mul__ __rmul__ div __div__ __truediv__ neg __neg__ relu "  # noqa: SIM905
    "leaky_relu elu gelu silu prelu hardtanh tanh sigmoid clamp lerp to float double contiguous detach".split()
)
"""Functions of each cell by itself."""

STEPS: Mapping[str, Callable[..., TracedStep]] = {
    "conv2d": trace_conv2d,
    "conv_transpose2d": trace_conv_transpose2d,
    "pad": _pad,
    "avg_pool2d": trace_pool,
    "max_pool2d": trace_pool,
    "boolean_dispatch": trace_pool,
    "interpolate": trace_interpolate,
    "__getitem__": _item,
    "index_select": _index_select,
    "flip": _flip,
    "instance_norm": _instance_norm,
    "batch_norm": _batch_norm,
}
"""By the functions' names."""
