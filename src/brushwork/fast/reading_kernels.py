"""What torch's functions with kernels take, read as steps: convolutions, pools, enlargements.

The readers' arguments and results are those of `reading.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from brushwork.fast.graph import Norm, NotLocal
from brushwork.fast.local import Local, Pair
from brushwork.fast.sliding import Convolution, Enlargement, Pool, TransposedConvolution

Step: TypeAlias = tuple[Local | Norm, torch.Size]
"""A step, and the shape of its result."""


def pair(value: int | Sequence[int]) -> Pair:
    """Rows and columns, of one number for both or of two."""
    both = (value, value) if isinstance(value, int) else tuple(value) * (2 if len(value) == 1 else 1)
    return both[0], both[1]


def sized(shape: torch.Size, sides: Sequence[int], channels: int | None = None) -> torch.Size:
    """A shape with other sides."""
    return torch.Size((shape[0], shape[1] if channels is None else channels, *sides))


def conv2d(
    shape: torch.Size,
    _: Any,
    /,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Step:
    """A convolution, and the shape it leaves. Raises: NotLocal: one that is not foreseen."""
    if isinstance(padding, str):
        raise NotLocal(f"a convolution with padding {padding!r} is not foreseen: give numbers.")
    step = Convolution(weight, bias, pair(stride), pair(padding), pair(dilation), groups)
    sides = [
        (side + 2 * pad - gap * (kernel - 1) - 1) // every + 1
        for side, kernel, every, pad, gap in zip(
            shape[2:], weight.shape[2:], step.stride, step.padding, step.dilation, strict=True
        )
    ]
    return step, sized(shape, sides, weight.shape[0])


def conv_transpose2d(
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
) -> Step:
    """A transposed convolution, and the shape it leaves. Raises: NotLocal: one that is not foreseen."""
    step = TransposedConvolution(
        weight, bias, pair(stride), pair(padding), pair(output_padding), groups, pair(dilation)
    )
    sides = [
        (side - 1) * every - 2 * pad + gap * (kernel - 1) + more + 1
        for side, kernel, every, pad, more, gap in zip(
            shape[2:], weight.shape[2:], step.stride, step.padding, step.output_padding, step.dilation, strict=True
        )
    ]
    return step, sized(shape, sides, weight.shape[1] * groups)


def pool(shape: torch.Size, function: Any, /, kernel_size: Any, stride: Any = None, *others: Any, **named: Any) -> Step:
    """A pool without padding, and the shape it leaves. Raises: NotLocal: one that is not foreseen."""
    kernel = pair(kernel_size)
    if any(others[:1]) or named.get("padding") or named.get("ceil_mode"):
        raise NotLocal("pools with padding are not foreseen.")
    step = Pool(function, kernel, pair(stride) if stride else kernel)
    sides = [(side - own) // every + 1 for side, own, every in zip(shape[2:], kernel, step.stride, strict=True)]
    return step, sized(shape, sides)


def interpolate(
    shape: torch.Size,
    _: Any,
    /,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Step:
    """An enlargement by whole numbers, and the shape it leaves. Raises: NotLocal: one that is not foreseen."""
    if mode not in ("nearest", "nearest-exact", "bilinear") or align_corners or antialias:
        raise NotLocal(f"resizing by {mode} is not foreseen.")
    if size is None:
        both = scale_factor if isinstance(scale_factor, list | tuple) else (scale_factor, scale_factor)
        size = [side * factor for side, factor in zip(shape[2:], both, strict=True)]
    height, width = pair(size)
    factors = int(height // shape[2]), int(width // shape[3])
    if (shape[2] * factors[0], shape[3] * factors[1]) != (height, width) or min(factors) < 1:
        raise NotLocal("resizing is foreseen by whole numbers only.")
    return Enlargement(mode, factors), sized(shape, (shape[2] * factors[0], shape[3] * factors[1]))
