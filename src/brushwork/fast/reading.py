"""From the functions that networks call to steps that can be done window by window.

Each reader takes the sizes of source and result, the function, and then what torch's function takes after its input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from brushwork.fast.graph import Norm, NotLocal
from brushwork.fast.local import Choice, Local, Padding, Pair, Pointwise
from brushwork.fast.sliding import Convolution, Enlargement, Pool, TransposedConvolution
from brushwork.picture.window import Size


def _pair(value: int | Sequence[int]) -> Pair:
    both = (value, value) if isinstance(value, int) else tuple(value) * (2 if len(value) == 1 else 1)
    return both[0], both[1]


def _conv2d(
    source: Size,
    result: Size,
    _: Any,
    /,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Local:
    if isinstance(padding, str):
        raise NotLocal(f"a convolution with padding {padding!r} is not foreseen: give numbers.")
    return Convolution(weight, bias, _pair(stride), _pair(padding), _pair(dilation), groups)


def _conv_transpose2d(
    source: Size,
    result: Size,
    _: Any,
    /,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Local:
    return TransposedConvolution(
        weight, bias, _pair(stride), _pair(padding), _pair(output_padding), groups, _pair(dilation)
    )


def _pad(
    source: Size, result: Size, _: Any, /, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Local:
    left, right, top, bottom = [*pad, 0, 0][:4]
    if len(pad) > 4 or min(pad) < 0:
        raise NotLocal(f"padding by {list(pad)} is not foreseen.")
    if mode != "circular":
        return Padding(mode, value or 0.0, (top, left), (bottom, right))
    rows, columns = torch.arange(-top, source.height + bottom), torch.arange(-left, source.width + right)
    return Choice(rows % source.height, columns % source.width)


def _pool(
    source: Size, result: Size, function: Any, /, kernel_size: Any, stride: Any = None, *others: Any, **named: Any
) -> Local:
    kernel = _pair(kernel_size)
    if any(others[:1]) or named.get("padding") or named.get("ceil_mode"):
        raise NotLocal("pools with padding are not foreseen.")
    return Pool(function, kernel, _pair(stride) if stride else kernel)


def _interpolate(
    source: Size,
    result: Size,
    _: Any,
    /,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
    **named: Any,
) -> Local:
    factors = result.height // source.height, result.width // source.width
    if (factors[0] * source.height, factors[1] * source.width) != result or align_corners or antialias:
        raise NotLocal(f"resizing {source} to {result} is not foreseen: only by whole numbers, with centers at halves.")
    if mode not in ("nearest", "nearest-exact", "bilinear"):
        raise NotLocal(f"resizing by {mode} is not foreseen.")
    return Enlargement(mode, factors)


def _item(source: Size, result: Size, _: Any, /, wanted: Any) -> Local:
    axes = list(wanted) if isinstance(wanted, tuple) else [wanted]
    if Ellipsis in axes:
        axes = [slice(None)] * (4 - len(axes) + 1) + [one for one in axes if one is not Ellipsis]
    axes += [slice(None)] * (4 - len(axes))
    if not all(isinstance(one, slice) for one in axes):
        raise NotLocal(f"choosing {wanted} of a map is not foreseen.")
    if axes[2:] == [slice(None)] * 2:
        return Pointwise(lambda part: part[tuple(axes)])
    if axes[:2] != [slice(None)] * 2:
        raise NotLocal(f"choosing {wanted} of a map is not foreseen: channels and cells in one.")
    return Choice(torch.arange(source.height)[axes[2]], torch.arange(source.width)[axes[3]])


def _index_select(source: Size, result: Size, _: Any, /, dim: int, index: Tensor) -> Local:
    if dim not in (-2, -1, 2, 3):
        raise NotLocal("choosing channels by numbers is not foreseen.")
    rows, columns = torch.arange(source.height), torch.arange(source.width)
    return Choice(index.cpu(), columns) if dim in (-2, 2) else Choice(rows, index.cpu())


def _flip(source: Size, result: Size, function: Any, /, *dims: Any) -> Local:
    if dims not in ((1,), ((1,),), ([1],)):
        raise NotLocal(f"turning a map round along {dims} is not foreseen.")
    return Pointwise(lambda part: function(part, (1,)))


def _instance_norm(
    source: Size,
    result: Size,
    function: Any,
    /,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Local | Norm:
    if use_input_stats:
        return Norm(weight, bias, eps, over_batch=False)
    return Pointwise(lambda part: function(part, running_mean, running_var, weight, bias, False, momentum, eps))


def _batch_norm(
    source: Size,
    result: Size,
    function: Any,
    /,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Local | Norm:
    if training:
        return Norm(weight, bias, eps, over_batch=True)
    return Pointwise(lambda part: function(part, running_mean, running_var, weight, bias, False, momentum, eps))


POINTWISE = frozenset(
    (
        "add",
        "__add__",
        "__radd__",
        "sub",
        "__sub__",
        "__rsub__",
        "rsub",
        "mul",
        "__mul__",
        "__rmul__",
        "div",
        "__div__",
        "__truediv__",
        "neg",
        "__neg__",
        "relu",
        "leaky_relu",
        "elu",
        "gelu",
        "silu",
        "prelu",
        "hardtanh",
        "tanh",
        "sigmoid",
        "clamp",
        "lerp",
        "cat",
        "concat",
        "to",
        "float",
        "double",
        "contiguous",
        "detach",
        "dropout",
        "dropout2d",
    )
)
"""Functions of each cell by itself. (Nothing is dropped outside of training.)"""

STEPS: Mapping[str, Callable[..., Local | Norm]] = {
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
