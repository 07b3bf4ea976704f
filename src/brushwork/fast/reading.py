"""From the functions that networks call to steps that can be done window by window.

Each reader takes the shape of its source, torch's function, and what that takes after its input; it says the step and
the shape of its result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from brushwork.fast.graph import Norm, NotLocal
from brushwork.fast.local import Choice, Local, Padding, Pair, Pointwise
from brushwork.fast.sliding import Convolution, Enlargement, Pool, TransposedConvolution

Step: TypeAlias = tuple[Local | Norm, torch.Size]


def _pair(value: int | Sequence[int]) -> Pair:
    both = (value, value) if isinstance(value, int) else tuple(value) * (2 if len(value) == 1 else 1)
    return both[0], both[1]


def _sized(shape: torch.Size, sides: Sequence[int], channels: int | None = None) -> torch.Size:
    """A shape with other sides."""
    return torch.Size((shape[0], shape[1] if channels is None else channels, *sides))


def _conv2d(
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
    if isinstance(padding, str):
        raise NotLocal(f"a convolution with padding {padding!r} is not foreseen: give numbers.")
    step = Convolution(weight, bias, _pair(stride), _pair(padding), _pair(dilation), groups)
    sides = [
        (side + 2 * pad - gap * (kernel - 1) - 1) // every + 1
        for side, kernel, every, pad, gap in zip(
            shape[2:], weight.shape[2:], step.stride, step.padding, step.dilation, strict=True
        )
    ]
    return step, _sized(shape, sides, weight.shape[0])


def _conv_transpose2d(
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
    step = TransposedConvolution(
        weight, bias, _pair(stride), _pair(padding), _pair(output_padding), groups, _pair(dilation)
    )
    sides = [
        (side - 1) * every - 2 * pad + gap * (kernel - 1) + more + 1
        for side, kernel, every, pad, more, gap in zip(
            shape[2:], weight.shape[2:], step.stride, step.padding, step.output_padding, step.dilation, strict=True
        )
    ]
    return step, _sized(shape, sides, weight.shape[1] * groups)


def _pad(shape: torch.Size, _: Any, /, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Step:
    left, right, top, bottom = [*pad, 0, 0][:4]
    if len(pad) > 4 or min(pad) < 0:
        raise NotLocal(f"padding by {list(pad)} is not foreseen.")
    height, width = shape[2:]
    sized = _sized(shape, (top + height + bottom, left + width + right))
    if mode != "circular":
        return Padding(mode, value or 0.0, (top, left), (bottom, right)), sized
    rows, columns = torch.arange(-top, height + bottom), torch.arange(-left, width + right)
    return Choice(rows % height, columns % width), sized


def _pool(
    shape: torch.Size, function: Any, /, kernel_size: Any, stride: Any = None, *others: Any, **named: Any
) -> Step:
    kernel = _pair(kernel_size)
    if any(others[:1]) or named.get("padding") or named.get("ceil_mode"):
        raise NotLocal("pools with padding are not foreseen.")
    step = Pool(function, kernel, _pair(stride) if stride else kernel)
    sides = [(side - own) // every + 1 for side, own, every in zip(shape[2:], kernel, step.stride, strict=True)]
    return step, _sized(shape, sides)


def _interpolate(
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
    if mode not in ("nearest", "nearest-exact", "bilinear") or align_corners or antialias:
        raise NotLocal(f"resizing by {mode} is not foreseen.")
    if size is None:
        both = scale_factor if isinstance(scale_factor, list | tuple) else (scale_factor, scale_factor)
        size = [side * factor for side, factor in zip(shape[2:], both, strict=True)]
    height, width = _pair(size)
    factors = int(height // shape[2]), int(width // shape[3])
    if (shape[2] * factors[0], shape[3] * factors[1]) != (height, width) or min(factors) < 1:
        raise NotLocal("resizing is foreseen by whole numbers only.")
    return Enlargement(mode, factors), _sized(shape, (shape[2] * factors[0], shape[3] * factors[1]))


def _item(shape: torch.Size, _: Any, /, wanted: Any) -> Step:
    axes = list(wanted) if isinstance(wanted, tuple) else [wanted]
    if Ellipsis in axes:
        place = axes.index(Ellipsis)
        axes[place : place + 1] = [slice(None)] * (4 - len(axes) + 1)
    axes += [slice(None)] * (4 - len(axes))
    if not all(isinstance(one, slice) for one in axes) or axes[0] != slice(None):
        raise NotLocal(f"choosing {wanted} of a map is not foreseen.")
    rows, columns = torch.arange(shape[2])[axes[2]], torch.arange(shape[3])[axes[3]]
    channels = len(range(shape[1])[axes[1]])
    if axes[2:] == [slice(None)] * 2:
        return Pointwise(lambda part: part[:, axes[1]]), _sized(shape, shape[2:], channels)
    if channels != shape[1]:
        raise NotLocal(f"choosing {wanted} of a map is not foreseen: channels and cells in one.")
    return Choice(rows, columns), _sized(shape, (len(rows), len(columns)))


def _index_select(shape: torch.Size, _: Any, /, dim: int, index: Tensor) -> Step:
    if dim not in (-2, -1, 2, 3):
        raise NotLocal("choosing channels by numbers is not foreseen.")
    if index.is_meta:
        raise NotLocal("rows are chosen by numbers that are not there.")
    rows, columns, index = torch.arange(shape[2]), torch.arange(shape[3]), index.cpu()
    chosen = (index, columns) if dim in (-2, 2) else (rows, index)
    return Choice(*chosen), _sized(shape, [len(one) for one in chosen])


def _flip(shape: torch.Size, function: Any, /, *dims: Any) -> Step:
    if dims not in ((1,), ((1,),), ([1],)):
        raise NotLocal(f"turning a map round along {dims} is not foreseen.")
    return Pointwise(lambda part: function(part, (1,))), shape


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
) -> Step:
    if use_input_stats:
        return Norm(weight, bias, eps, over_batch=False), shape
    return Pointwise(lambda part: function(part, running_mean, running_var, weight, bias, False, momentum, eps)), shape


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
) -> Step:
    if training:
        return Norm(weight, bias, eps, over_batch=True), shape
    return Pointwise(lambda part: function(part, running_mean, running_var, weight, bias, False, momentum, eps)), shape


JOINING = frozenset({"cat", "concat"})
"""Functions of several maps, whose channels they put one after the other."""

POINTWISE = JOINING | set(
    "add __add__ __radd__ sub __sub__ __rsub__ rsub mul __mul__ __rmul__ div __div__ __truediv__ neg __neg__ relu "  # noqa: SIM905
    "leaky_relu elu gelu silu prelu hardtanh tanh sigmoid clamp lerp to float double contiguous detach".split()
)
"""Functions of each cell by itself."""

STEPS: Mapping[str, Callable[..., Step]] = {
    "conv2d": _conv2d,
    "conv_transpose2d": _conv_transpose2d,
    "pad": _pad,
    "avg_pool2d": _pool,
    "max_pool2d": _pool,
    "boolean_dispatch": _pool,
    "interpolate": _interpolate,
    "__getitem__": _item,
    "index_select": _index_select,
    "flip": _flip,
    "instance_norm": _instance_norm,
    "batch_norm": _batch_norm,
}
"""By the functions' names."""
