"""Compute a network's features and their gradient with the compiled kernels.

The backward pass needs one bit for each position and channel: whether the gradient passes.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from brushwork.encoders.native.arena import allocate, is_in_arena
from brushwork.encoders.native.fusion import NativeStep
from brushwork.encoders.native.kernel_layout import make_backward_kernels, make_forward_kernels
from brushwork.encoders.native.library import NativeLayer, data_address, load_library
from brushwork.types import Feature, Image

WORD = 16
"""Number of channels whose bits form one word."""

EXACT, FAST = 4, 6
"""Number of outputs along a side of a Winograd tile.

The larger tile needs 4/5 of the products, and its rounding error is four times as large. That is accurate enough for
gradients, and for networks that need none, but in the forward pass of an optimization it would change the sign of more
values before rectification.
"""

_WIDE = 96
"""Smallest side of a map, in positions, for which larger tiles are faster; smaller maps do not fill them."""

Plain = Callable[[Image], Sequence[Feature]]


class _Trace(NamedTuple):
    """Data that one step keeps for the backward pass."""

    step: NativeStep
    shape: tuple[int, ...]
    """Shape of the convolved map (of the pooled one, for a pool alone): batch, rows, columns, channels in."""
    mask: Tensor


def native_forward(image: Image, steps: Sequence[NativeStep], plain: Plain) -> list[Feature]:
    """Return the features at the steps' layers, in order.

    `plain` computes the same features in plain torch, for second derivatives.
    """
    if torch.is_grad_enabled() and image.requires_grad:
        return list(_NativeForward.apply(image, steps, plain))  # type: ignore[no-untyped-call]
    return [_feature(map_) for map_ in _forward(image.contiguous(), steps, None)]


class _NativeForward(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, shown: Image, steps: Sequence[NativeStep], plain: Plain) -> tuple[Feature, ...]:
        traces: list[_Trace] = []
        maps = _forward(shown.contiguous(), steps, traces)
        ctx.save_for_backward(shown)
        ctx.traces, ctx.plain = traces, plain
        ctx.set_materialize_grads(False)
        return tuple(map(_feature, maps))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, None, None]:
        if torch.is_grad_enabled():
            (shown,) = ctx.saved_tensors
            return _differentiable(shown, ctx.plain, gradients), None, None
        ours = [one is not None and _is_ours(one) for one in gradients]
        return _backward(list(ctx.traces), [None if one is None else _map(one) for one in gradients], ours), None, None


def _differentiable(shown: Image, plain: Plain, gradients: Sequence[Tensor | None]) -> Tensor | None:
    pairs = [(f, g) for f, g in zip(plain(shown), gradients, strict=True) if g is not None]
    if not pairs:
        return None
    features, given = zip(*pairs, strict=True)
    return torch.autograd.grad(features, shown, given, create_graph=True)[0]


def _forward(shown: Image, steps: Sequence[NativeStep], traces: list[_Trace] | None) -> list[Tensor]:
    here, found = shown, []
    for step in steps:
        here, trace = _step(here, step, keeps=traces is not None)
        if traces is not None and trace is not None:
            traces.append(trace)
        if step.layer is not None:
            found.append(here)
    return found


def _step(here: Tensor, step: NativeStep, *, keeps: bool) -> tuple[Tensor, _Trace | None]:
    first = here.shape[1:2] == (3,) and step.convolution is not None and step.convolution.in_channels == 3
    batch, rows, columns, inputs = (here.shape[0], *here.shape[2:], 3) if first else here.shape
    outputs = inputs if step.convolution is None else step.convolution.out_channels
    output = allocate(here, (batch, step.pooled_size(rows), step.pooled_size(columns), outputs))
    mask = allocate(here, (batch, rows, columns, outputs // WORD), torch.int16) if keeps else None
    layer = make_layer(here, output, mask, (batch, rows, columns, inputs, outputs))
    layer.pool, layer.rectify, layer.bfloat16 = step.pooling, 1, step.in_bfloat16
    layer.pooled_rows, layer.pooled_columns = output.shape[1:3]
    if step.convolution is None:
        call_layer("pool", layer, here)
    else:
        kernels, bias = make_forward_kernels(step.convolution), step.convolution.bias
        layer.weight, layer.bias, layer.border = (
            data_address(kernels),
            data_address(bias),
            int(step.has_reflect_padding),
        )
        call_layer("convolve", layer, here)
    trace = None if mask is None else _Trace(step, (batch, rows, columns, inputs), mask)
    return output, trace


def _backward(traces: list[_Trace], gradients: list[Tensor | None], ours: list[bool]) -> Tensor | None:
    """Propagate the layers' gradients back to the input, consuming all lists."""
    here: Tensor | None = None
    if traces[-1].step.layer is not None:
        here, _ = gradients.pop(), ours.pop()
    while traces:
        trace = traces.pop()
        before, over = None, False
        if traces and traces[-1].step.layer is not None:
            before, over = gradients.pop(), ours.pop()
        here = before if here is None else _step_back(here, trace, before, over=over)
    return here


def _step_back(here: Tensor, trace: _Trace, add: Tensor | None, *, over: bool) -> Tensor:
    """Compute the gradient at a step's input, plus `add`, the gradient that arrives there from elsewhere.

    With `over`, the result overwrites `add`.
    """
    step, (batch, rows, columns, inputs), mask = trace
    first = inputs == 3
    shape = (batch, 3, rows, columns) if first else (batch, rows, columns, inputs)
    output = add if over and add is not None else allocate(here, shape)
    layer = make_layer(here, output, None, (batch, rows, columns, here.shape[3], inputs))
    layer.input_mask, layer.add = data_address(mask), data_address(add)
    layer.unpool, layer.bfloat16 = step.pooling, step.in_bfloat16
    layer.pooled_rows, layer.pooled_columns = here.shape[1:3]
    if step.convolution is None:
        call_layer("unpool", layer, here)
        return output
    kernels = make_backward_kernels(step.convolution)
    layer.weight, layer.border, layer.turned = data_address(kernels), 2 * int(step.has_reflect_padding), int(not first)
    layer.tile = faster_tile(rows, columns)
    if step.has_reflect_padding and not first:
        rim = allocate(here, (batch, 2 * (columns + 2 + rows), inputs))
        layer.rim = data_address(rim)
    call_layer("convolve", layer, here)
    return output


def _is_ours(gradient: Tensor) -> bool:
    """Return whether a gradient may be overwritten.

    It may if this backend's sums computed it and nothing else refers to it.
    """
    return is_in_arena(gradient) and getattr(gradient, "_use_count", int)() == 1


def faster_tile(rows: int, columns: int) -> int:
    """Return the faster tile for a map of these sides, where the larger one is accurate enough."""
    return FAST if min(rows, columns) >= _WIDE else EXACT


def make_layer(here: Tensor, output: Tensor, mask: Tensor | None, shape: tuple[int, ...]) -> NativeLayer:
    """Create the arguments of a call on maps; `shape` is batch, rows, columns, channels in, channels out."""
    layer = NativeLayer(*shape)
    layer.tile, layer.last = EXACT, layer.rows
    layer.threads = torch.get_num_threads()
    layer.input, layer.output, layer.mask = data_address(here), data_address(output), data_address(mask)
    return layer


def call_layer(name: str, layer: NativeLayer, like: Tensor) -> None:
    """Compute a layer with scratch memory; on the `meta` device, only allocate the memory."""
    compiled = load_library()
    assert compiled is not None
    size = 0 if name != "convolve" else compiled.scratch(ctypes.byref(layer))
    scratch = allocate(like, (size,))
    layer.scratch, layer.scratch_size = data_address(scratch), size
    if not like.is_meta:
        getattr(compiled, name)(ctypes.byref(layer))


def _feature(map_: Tensor) -> Feature:
    return map_.permute(0, 3, 1, 2)


def _map(feature: Feature) -> Tensor:
    return feature.permute(0, 2, 3, 1).contiguous()
