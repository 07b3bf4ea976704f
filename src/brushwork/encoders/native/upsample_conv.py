"""Convolutions of decoders in the compiled kernels, with mirrored padding and optional 2× upsampling.

A map upsampled by nearest neighbors is never stored: the convolution reads each position in place of four, as in the
backward pass of a pool.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

from brushwork.encoders.native.arena import allocate
from brushwork.encoders.native.autograd import EXACT, FAST, WIDE, call_layer, make_layer
from brushwork.encoders.native.kernel_layout import make_forward_kernels
from brushwork.encoders.native.library import data_address, load_library
from brushwork.types import Feature

_PANEL = 64


class RectifiedConvolutionStep(NamedTuple):
    """A rectified 3×3 convolution with mirrored padding, max(0, w∗x + b).

    The map is first upsampled 2× if `upsamples`.
    """

    convolution: nn.Conv2d
    upsamples: bool


def is_supported(feature: Feature, convolution: nn.Conv2d) -> bool:
    """Return whether the compiled kernels are available and support this convolution on this map."""
    return (
        load_library() is not None
        and feature.device.type in ("cpu", "meta")
        and feature.dtype == torch.float32
        and convolution.in_channels % _PANEL == 0
        and convolution.out_channels % _PANEL == 0
        and not (torch.is_grad_enabled() and feature.requires_grad)
        and not torch.is_autocast_enabled("cpu")
    )


def convolve_rectified(feature: Feature, step: RectifiedConvolutionStep) -> Feature:
    """Return the map after a step, in channels-last memory format."""
    here = feature.permute(0, 2, 3, 1).contiguous()
    batch, rows, columns, inputs = here.shape
    if step.upsamples:
        rows, columns = 2 * rows, 2 * columns
    output = allocate(here, (batch, rows, columns, step.convolution.out_channels))
    layer = make_layer(here, output, None, (batch, rows, columns, inputs, step.convolution.out_channels))
    layer.pooled_rows, layer.pooled_columns = here.shape[1:3]
    layer.unpool, layer.border, layer.rectify = int(step.upsamples), 1, 1
    layer.tile = FAST if min(rows, columns) >= WIDE else EXACT
    kernels = make_forward_kernels(step.convolution)
    layer.weight, layer.bias = data_address(kernels), data_address(step.convolution.bias)
    call_layer("convolve", layer, here)
    return output.permute(0, 3, 1, 2)
