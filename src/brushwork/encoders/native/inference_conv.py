"""Convolutions without gradients in the compiled kernels: of AdaIN's decoder and of feed-forward networks.

A map upsampled by nearest neighbors is never stored: the convolution reads each position in place of four, as in the
backward pass of a pool.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from brushwork.encoders.native.arena import allocate
from brushwork.encoders.native.autograd import call_layer, faster_tile, make_layer
from brushwork.encoders.native.kernel_layout import make_forward_kernels
from brushwork.encoders.native.library import data_address, load_library
from brushwork.types import Feature

_PANEL = 64
_SIDE = 3


class RectifiedConvolutionStep(NamedTuple):
    """A rectified 3×3 convolution with mirrored padding, max(0, w∗x + b).

    The map is first upsampled 2× if `upsamples`.
    """

    convolution: nn.Conv2d
    upsamples: bool


def is_supported(feature: Feature, weight: Tensor) -> bool:
    """Return whether the compiled kernels are available and support a convolution with these weights on this map."""
    return (
        load_library() is not None
        and feature.device.type in ("cpu", "meta")
        and feature.dtype == torch.float32
        and weight.shape[1] % _PANEL == 0
        and weight.shape[0] % _PANEL == 0
        and weight.shape[2:] == (_SIDE, _SIDE)
        and not (torch.is_grad_enabled() and (feature.requires_grad or weight.requires_grad))
        and not torch.is_autocast_enabled("cpu")
    )


def convolve_rectified(feature: Feature, step: RectifiedConvolutionStep) -> Feature:
    """Return the map after a step, in channels-last memory format."""
    rows, columns = ((1 + step.upsamples) * side for side in feature.shape[2:])
    return _convolve(
        feature,
        make_forward_kernels(step.convolution),
        step.convolution.bias,
        (rows, columns),
        unpool=int(step.upsamples),
        border=1,
        rectify=1,
    )


def convolve_padded(feature: Feature, kernels: Tensor, bias: Tensor | None) -> Feature:
    """Return w∗x + b of a map padded with zeros, of the map's size, in channels-last memory format.

    The kernels are in the layout of `lay_out_taps`.
    """
    return _convolve(feature, kernels, bias, (feature.shape[2], feature.shape[3]))


def _convolve(
    feature: Feature, kernels: Tensor, bias: Tensor | None, sides: tuple[int, int], **settings: int
) -> Feature:
    """Call the compiled convolution for a result of these sides, with settings of `NativeLayer`."""
    here = feature.permute(0, 2, 3, 1).contiguous()
    batch, outputs = len(here), kernels.shape[3]
    output = allocate(here, (batch, *sides, outputs))
    layer = make_layer(here, output, None, (batch, *sides, here.shape[3], outputs))
    layer.pooled_rows, layer.pooled_columns = here.shape[1:3]
    layer.tile = faster_tile(*sides)
    layer.weight, layer.bias = data_address(kernels), data_address(bias)
    for name, value in settings.items():
        setattr(layer, name, value)
    call_layer("convolve", layer, here)
    return output.permute(0, 3, 1, 2)
