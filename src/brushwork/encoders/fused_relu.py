"""Convolution and rectification in one pass over the memory, in bfloat16 on CPUs.

oneDNN computes both at once, while torch's modules write the convolution, then read and write it again. With matrix
units, the large maps of the first layers take half as long this way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from brushwork.encoders.stages import Stages
from brushwork.types import Feature, Image


def forward_fused(stages: Stages, shown: Image, requested: Sequence[str]) -> list[Feature]:
    """Compute the features like `forward_plain`, with rectified convolutions in one step."""
    features: dict[str, Feature] = {}
    x, names = shown, list(stages)
    while names and len(features) < len(requested):
        name = names.pop(0)
        stage, after = stages[name], stages[names[0]] if names else None
        if name not in requested and isinstance(after, nn.ReLU) and is_fusible(stage, x):
            name = names.pop(0)
            x = _FusedConvolution.apply(x, stage)  # type: ignore[no-untyped-call]
        else:
            x = stage(x)
        if name in requested:
            features[name] = x
    return [features[name] for name in requested]


def is_fusible(stage: nn.Module, x: Feature) -> bool:
    """Return whether a stage is a convolution that oneDNN can compute together with a rectification."""
    return (
        type(stage) is nn.Conv2d
        and stage.padding_mode == "zeros"
        and not isinstance(stage.padding, str)
        and x.device.type == "cpu"
        and x.dtype == stage.weight.dtype == torch.bfloat16
        and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        and onednn_computes(torch.bfloat16)
    )


def onednn_computes(dtype: torch.dtype) -> bool:
    """Return whether oneDNN has convolutions in bfloat16 or float16 on this CPU; torch must be built with oneDNN."""
    # torch has no public names for this (2.13).
    ask = torch.ops.mkldnn
    return bool(ask._is_mkldnn_bf16_supported() if dtype == torch.bfloat16 else ask._is_mkldnn_fp16_supported())


class _FusedConvolution(torch.autograd.Function):
    """ReLU of a convolution with frozen weights."""

    @staticmethod
    def forward(ctx: Any, x: Feature, layer: nn.Conv2d) -> Feature:
        rectified: Feature = torch.ops.mkldnn._convolution_pointwise(
            x, layer.weight, layer.bias, layer.padding, layer.stride, layer.dilation, layer.groups, "relu", [], ""
        )
        ctx.save_for_backward(x, rectified)
        ctx.layer = layer
        return rectified

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """Return the input's gradient; the weights need none."""
        (x, rectified), layer = ctx.saved_tensors, ctx.layer
        passed = torch.ops.aten.threshold_backward(gradient, rectified, 0)
        pulled, _, _ = torch.ops.aten.convolution_backward(
            passed,
            x,
            layer.weight,
            None,
            layer.stride,
            layer.padding,
            layer.dilation,
            False,
            [0, 0],
            layer.groups,
            [True, False, False],
        )
        return pulled, None
