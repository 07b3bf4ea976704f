"""Winograd convolutions of torch's own NNPACK, where torch was built with it: one picture at a time, planes apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from brushwork.perception.walk import forward_plain
from brushwork.types import Feature, Image


def has_nnpack() -> bool:
    """Whether this torch carries NNPACK, and the processor runs it."""
    available = getattr(torch, "_nnpack_available", None)
    return bool(available is not None and hasattr(torch, "_nnpack_spatial_convolution") and available())


def forward_nnpack(
    stages: Mapping[str, nn.Module], order: Sequence[str], shown: Image, wanted: Sequence[str]
) -> list[Feature]:
    """One stage after the other, with the 3×3 convolutions of float32 by NNPACK."""
    if shown.device.type not in ("cpu", "meta") or shown.dtype != torch.float32 or shown.shape[0] != 1:
        return forward_plain(stages, order, shown, wanted)
    return forward_plain({name: _fast(stage) for name, stage in stages.items()}, order, shown, wanted)


def _fast(stage: nn.Module) -> nn.Module:
    is_taken = (
        isinstance(stage, nn.Conv2d)
        and (stage.kernel_size, stage.stride, stage.padding) == ((3, 3), (1, 1), (1, 1))
        and (stage.dilation, stage.groups) == ((1, 1), 1)
        and stage.padding_mode in ("zeros", "reflect")
    )
    return _Layer(stage) if is_taken else stage


class _Layer(nn.Module):
    def __init__(self, plain: nn.Module) -> None:
        super().__init__()
        self.plain = plain

    def forward(self, x: Tensor) -> Tensor:
        mirrored = self.plain.padding_mode == "reflect"
        seen = nn.functional.pad(x, (1, 1, 1, 1), mode="reflect") if mirrored else x
        found: Tensor = _Convolution.apply(seen, self.plain.weight, self.plain.bias, 0 if mirrored else 1)  # type: ignore[no-untyped-call]
        return found


class _Convolution(torch.autograd.Function):
    """The gradient to the input is a convolution too, with kernels turned around."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, padding: int) -> Tensor:
        ctx.save_for_backward(weight)
        ctx.padding = padding
        return _convolve(x, weight, bias, padding)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        (weight,) = ctx.saved_tensors
        turned = weight.transpose(0, 1).flip(2, 3)
        if torch.is_grad_enabled():
            return nn.functional.conv2d(gradient, turned, padding=2 - ctx.padding), None, None, None
        padded = nn.functional.pad(gradient, [1 - ctx.padding] * 4)
        return _convolve(padded, turned.contiguous(), None, 1), None, None, None


def _convolve(x: Tensor, weight: Tensor, bias: Tensor | None, padding: int) -> Tensor:
    if x.is_meta:
        return nn.functional.conv2d(x, weight, bias, padding=padding)
    return torch._nnpack_spatial_convolution(x.contiguous(), weight, bias, [padding, padding])
