"""A convolution's weights, laid out as the compiled part reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

_PANEL = 64
_PLANES, _TAPS, _TAPS_ROOM = 3, 27, 32

_Way = Literal["forward", "backward"]


class _Laid(NamedTuple):
    """A layout, and the weights that it was made of."""

    made_of: tuple[int, int, torch.device]
    kernels: Tensor


_LAID: dict[_Way, WeakKeyDictionary[nn.Conv2d, _Laid]] = {
    "forward": WeakKeyDictionary(),
    "backward": WeakKeyDictionary(),
}


def forward_kernels(convolution: nn.Conv2d) -> Tensor:
    """Taps, inputs, outputs; of the first layer, panels of 64 outputs."""
    return _laid(convolution, "forward", _first if convolution.in_channels == _PLANES else _taps_first)


def backward_kernels(convolution: nn.Conv2d) -> Tensor:
    """Turned around: taps, outputs, inputs; of the first layer, outputs and taps, with room for 32."""
    return _laid(convolution, "backward", _first_back if convolution.in_channels == _PLANES else _turned)


def _laid(convolution: nn.Conv2d, way: _Way, lay: Callable[[Tensor], Tensor]) -> Tensor:
    weight = convolution.weight
    made_of = (id(weight), weight._version, weight.device)
    found = _LAID[way].get(convolution)
    if found is None or found.made_of != made_of:
        found = _LAID[way][convolution] = _Laid(made_of, lay(weight.detach()))
    return found.kernels


def _taps_first(weight: Tensor) -> Tensor:
    return weight.permute(2, 3, 1, 0).contiguous()


def _turned(weight: Tensor) -> Tensor:
    return weight.flip(2, 3).permute(2, 3, 0, 1).contiguous()


def _first(weight: Tensor) -> Tensor:
    outputs = weight.shape[0]
    return weight.permute(2, 3, 1, 0).reshape(_TAPS, outputs // _PANEL, _PANEL).permute(1, 0, 2).contiguous()


def _first_back(weight: Tensor) -> Tensor:
    room = weight.new_zeros(weight.shape[0], _TAPS_ROOM)
    room[:, :_TAPS] = weight.permute(0, 2, 3, 1).flatten(1)
    return room
