"""Translation of torch functions into operations that can be evaluated window by window.

Each translator takes the shape of its input, the torch function and its other arguments; it returns the operation and
the shape of its result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from brushwork.feedforward.tiling.graph import NormLayer, UntraceableError
from brushwork.feedforward.tiling.kernel_ops import (
    ConvolutionOperation,
    PoolOperation,
    TransposedConvolutionOperation,
    UpsampleOperation,
)
from brushwork.feedforward.tiling.local_ops import (
    IndexOperation,
    LocalOperation,
    PaddingOperation,
    PointwiseOperation,
    RowsColumns,
)

JOINING = frozenset({"cat", "concat"})
"""Functions that concatenate feature maps along channels."""

POINTWISE = JOINING | set(
    "add __add__ __radd__ sub __sub__ __rsub__ rsub mul __mul__ __rmul__ div __div__ __truediv__ neg __neg__ relu "  # noqa: SIM905
    "leaky_relu elu gelu silu prelu hardtanh tanh sigmoid clamp lerp to float double contiguous detach".split()
)
"""Elementwise functions."""

TracedStep: TypeAlias = tuple[LocalOperation | NormLayer, torch.Size]
"""An operation, and the shape of its result."""


def _pad(
    shape: torch.Size, _: Any, /, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> TracedStep:
    left, right, top, bottom = [*pad, 0, 0][:4]
    if len(pad) > 4 or min(pad) < 0:
        raise UntraceableError(f"padding by {list(pad)} is not supported.")
    height, width = shape[2:]
    padded = with_sides(shape, (top + height + bottom, left + width + right))
    if mode != "circular":
        return PaddingOperation(mode, value or 0.0, (top, left), (bottom, right)), padded
    rows, columns = torch.arange(-top, height + bottom), torch.arange(-left, width + right)
    return IndexOperation(rows % height, columns % width), padded


def _item(shape: torch.Size, _: Any, /, requested: Any) -> TracedStep:
    axes = list(requested) if isinstance(requested, tuple) else [requested]
    if Ellipsis in axes:
        place = axes.index(Ellipsis)
        axes[place : place + 1] = [slice(None)] * (4 - len(axes) + 1)
    axes += [slice(None)] * (4 - len(axes))
    if not all(isinstance(one, slice) for one in axes) or axes[0] != slice(None):
        raise UntraceableError(f"indexing a feature map by {requested} is not supported.")
    rows, columns = torch.arange(shape[2])[axes[2]], torch.arange(shape[3])[axes[3]]
    channels = len(range(shape[1])[axes[1]])
    if axes[2:] == [slice(None)] * 2:
        return PointwiseOperation(lambda part: part[:, axes[1]]), with_sides(shape, shape[2:], channels)
    if channels != shape[1]:
        raise UntraceableError(
            f"indexing a feature map by {requested} is not supported: channels and positions at once."
        )
    return IndexOperation(rows, columns), with_sides(shape, (len(rows), len(columns)))


def _index_select(shape: torch.Size, _: Any, /, dim: int, index: Tensor) -> TracedStep:
    if dim not in (-2, -1, 2, 3):
        raise UntraceableError("indexing channels by a list is not supported.")
    if index.is_meta:
        raise UntraceableError("row indices are out of range.")
    rows, columns, index = torch.arange(shape[2]), torch.arange(shape[3]), index.cpu()
    chosen = (index, columns) if dim in (-2, 2) else (rows, index)
    return IndexOperation(*chosen), with_sides(shape, [len(one) for one in chosen])


def _flip(shape: torch.Size, function: Any, /, *dims: Any) -> TracedStep:
    if dims not in ((1,), ((1,),), ([1],)):
        raise UntraceableError(f"flipping a feature map along {dims} is not supported.")
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


def trace_conv2d(
    shape: torch.Size,
    _: Any,
    /,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> TracedStep:
    """Return a convolution and its output shape. Raises: UntraceableError: unsupported arguments."""
    if isinstance(padding, str):
        raise UntraceableError(f"a convolution with padding {padding!r} is not supported: give numbers.")
    step = ConvolutionOperation(weight, bias, to_pair(stride), to_pair(padding), to_pair(dilation), groups)
    sides = [
        (side + 2 * pad - gap * (kernel - 1) - 1) // every + 1
        for side, kernel, every, pad, gap in zip(
            shape[2:], weight.shape[2:], step.stride, step.padding, step.dilation, strict=True
        )
    ]
    return step, with_sides(shape, sides, weight.shape[0])


def trace_conv_transpose2d(
    shape: torch.Size,
    _: Any,
    /,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> TracedStep:
    """Return a transposed convolution and its output shape. Raises: UntraceableError: unsupported arguments."""
    step = TransposedConvolutionOperation(
        weight, bias, to_pair(stride), to_pair(padding), to_pair(output_padding), groups, to_pair(dilation)
    )
    sides = [
        (side - 1) * every - 2 * pad + gap * (kernel - 1) + more + 1
        for side, kernel, every, pad, more, gap in zip(
            shape[2:], weight.shape[2:], step.stride, step.padding, step.output_padding, step.dilation, strict=True
        )
    ]
    return step, with_sides(shape, sides, weight.shape[1] * groups)


def trace_max_pool(
    shape: torch.Size,
    function: Any,
    /,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> TracedStep:
    """Return a max pool and its output shape. Raises: UntraceableError: unsupported arguments."""
    if to_pair(dilation) != (1, 1) or return_indices:
        raise UntraceableError("pooling with dilation or indices is not supported.")
    return _trace_pool(shape, function, kernel_size, stride, padding, ceil_mode)


def trace_avg_pool(
    shape: torch.Size,
    function: Any,
    /,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> TracedStep:
    """Return an average pool and its output shape. Raises: UntraceableError: unsupported arguments."""
    if divisor_override is not None:
        raise UntraceableError("pooling with another divisor is not supported.")
    return _trace_pool(shape, function, kernel_size, stride, padding, ceil_mode)


def _trace_pool(
    shape: torch.Size, function: Any, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool
) -> TracedStep:
    if any(to_pair(padding)) or ceil_mode:
        raise UntraceableError("pooling with padding is not supported.")
    kernel = to_pair(kernel_size)
    step = PoolOperation(function, kernel, to_pair(stride) if stride else kernel)
    sides = [(side - own) // every + 1 for side, own, every in zip(shape[2:], kernel, step.stride, strict=True)]
    return step, with_sides(shape, sides)


def trace_interpolate(
    shape: torch.Size,
    _: Any,
    /,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> TracedStep:
    """Return an integer upsampling and its output shape. Raises: UntraceableError: unsupported arguments."""
    if mode not in ("nearest", "nearest-exact", "bilinear") or align_corners or antialias:
        raise UntraceableError(f"resizing by {mode} is not supported.")
    if size is None:
        both = scale_factor if isinstance(scale_factor, list | tuple) else (scale_factor, scale_factor)
        size = [side * factor for side, factor in zip(shape[2:], both, strict=True)]
    height, width = to_pair(size)
    factors = int(height // shape[2]), int(width // shape[3])
    if (shape[2] * factors[0], shape[3] * factors[1]) != (height, width) or min(factors) < 1:
        raise UntraceableError("resizing is supported for integer factors only.")
    return UpsampleOperation(mode, factors), with_sides(shape, (shape[2] * factors[0], shape[3] * factors[1]))


STEPS: Mapping[str, Callable[..., TracedStep]] = {
    "conv2d": trace_conv2d,
    "conv_transpose2d": trace_conv_transpose2d,
    "pad": _pad,
    "avg_pool2d": trace_avg_pool,
    "max_pool2d": trace_max_pool,
    "boolean_dispatch": trace_max_pool,
    "interpolate": trace_interpolate,
    "__getitem__": _item,
    "index_select": _index_select,
    "flip": _flip,
    "instance_norm": _instance_norm,
    "batch_norm": _batch_norm,
}
"""Translators by the names of the torch functions."""


def to_pair(value: int | Sequence[int]) -> RowsColumns:
    """Return values for rows and columns, given one number for both or two numbers."""
    both = (value, value) if isinstance(value, int) else tuple(value) * (2 if len(value) == 1 else 1)
    return both[0], both[1]


def with_sides(shape: torch.Size, sides: Sequence[int], channels: int | None = None) -> torch.Size:
    """Return a shape with its sides replaced, and its channels if given."""
    return torch.Size((shape[0], shape[1] if channels is None else channels, *sides))
