"""What torch's functions with kernels take, read as steps: convolutions, pools, enlargements.

The readers' arguments and results are those of `reading.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from brushwork.fast.graph import NormLayer, UntraceableError
from brushwork.fast.local import LocalOperation, RowsColumns
from brushwork.fast.sliding import (
    ConvolutionOperation,
    PoolOperation,
    TransposedConvolutionOperation,
    UpsampleOperation,
)

TracedStep: TypeAlias = tuple[LocalOperation | NormLayer, torch.Size]
"""A step, and the shape of its result."""


def to_pair(value: int | Sequence[int]) -> RowsColumns:
    """Rows and columns, of one number for both or of two."""
    both = (value, value) if isinstance(value, int) else tuple(value) * (2 if len(value) == 1 else 1)
    return both[0], both[1]


def with_sides(shape: torch.Size, sides: Sequence[int], channels: int | None = None) -> torch.Size:
    """A shape with other sides."""
    return torch.Size((shape[0], shape[1] if channels is None else channels, *sides))


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
    """A convolution, and the shape it leaves. Raises: UntraceableError: one that is not foreseen."""
    if isinstance(padding, str):
        raise UntraceableError(f"a convolution with padding {padding!r} is not foreseen: give numbers.")
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
    """A transposed convolution, and the shape it leaves. Raises: UntraceableError: one that is not foreseen."""
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


def trace_pool(
    shape: torch.Size, function: Any, /, kernel_size: Any, stride: Any = None, *others: Any, **named: Any
) -> TracedStep:
    """A pool without padding, and the shape it leaves. Raises: UntraceableError: one that is not foreseen."""
    kernel = to_pair(kernel_size)
    if any(others[:1]) or named.get("padding") or named.get("ceil_mode"):
        raise UntraceableError("pools with padding are not foreseen.")
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
    """An enlargement by whole numbers, and the shape it leaves. Raises: UntraceableError: one that is not foreseen."""
    if mode not in ("nearest", "nearest-exact", "bilinear") or align_corners or antialias:
        raise UntraceableError(f"resizing by {mode} is not foreseen.")
    if size is None:
        both = scale_factor if isinstance(scale_factor, list | tuple) else (scale_factor, scale_factor)
        size = [side * factor for side, factor in zip(shape[2:], both, strict=True)]
    height, width = to_pair(size)
    factors = int(height // shape[2]), int(width // shape[3])
    if (shape[2] * factors[0], shape[3] * factors[1]) != (height, width) or min(factors) < 1:
        raise UntraceableError("resizing is foreseen by whole numbers only.")
    return UpsampleOperation(mode, factors), with_sides(shape, (shape[2] * factors[0], shape[3] * factors[1]))
