"""Convolution weights in the layout of the compiled kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from brushwork.encoders.native.arena import copy_persistent

_PANEL = 64
_PLANES, _TAPS, _TAPS_ROOM = 3, 27, 32

_Direction = Literal["forward", "backward"]


class _Laid(NamedTuple):
    """Weights in a converted layout, and the identity of the original weights."""

    made_of: tuple[int, int, torch.device]
    kernels: Tensor


_LAID: dict[_Direction, WeakKeyDictionary[nn.Conv2d, _Laid]] = {
    "forward": WeakKeyDictionary(),
    "backward": WeakKeyDictionary(),
}


def make_forward_kernels(convolution: nn.Conv2d) -> Tensor:
    """Return the weights as taps, inputs, outputs; for the first layer, as panels of 64 outputs."""
    return _lay_out(convolution, "forward", _first if convolution.in_channels == _PLANES else lay_out_taps)


def make_backward_kernels(convolution: nn.Conv2d) -> Tensor:
    """Return the weights as taps, inputs, outputs, which the kernels flip.

    For the first layer, return outputs and taps, padded to 32.
    """
    if convolution.in_channels != _PLANES:
        return make_forward_kernels(convolution)
    return _lay_out(convolution, "backward", _first_back)


def _lay_out(convolution: nn.Conv2d, direction: _Direction, lay: Callable[[Tensor], Tensor]) -> Tensor:
    weight = convolution.weight
    made_of = (id(weight), weight._version, weight.device)
    found = _LAID[direction].get(convolution)
    if found is None or found.made_of != made_of:
        found = _LAID[direction][convolution] = _Laid(made_of, lay(weight.detach()))
        if lay is lay_out_taps:
            # The weights become a view of this layout, so that they are not stored twice.
            weight.data = found.kernels.permute(3, 2, 0, 1)
    return found.kernels


def lay_out_taps(weight: Tensor) -> Tensor:
    """Return the weights of a convolution as rows, columns, inputs, outputs, contiguously."""
    outputs, inputs, *window = weight.shape
    taps = weight.permute(2, 3, 1, 0)
    if not taps.is_contiguous():
        # torch transposes a matrix in blocks, and permutes four dimensions number by number.
        rows = weight.reshape(outputs, -1).t().contiguous()
        taps = rows.view(inputs, -1, outputs).transpose(0, 1)
    # The arena's large pages are read faster.
    return copy_persistent(taps).view(*window, inputs, outputs)


def _first(weight: Tensor) -> Tensor:
    outputs = weight.shape[0]
    return weight.permute(2, 3, 1, 0).reshape(_TAPS, outputs // _PANEL, _PANEL).permute(1, 0, 2).contiguous()


def _first_back(weight: Tensor) -> Tensor:
    padded = weight.new_zeros(weight.shape[0], _TAPS_ROOM)
    padded[:, :_TAPS] = weight.permute(0, 2, 3, 1).flatten(1)
    return padded
