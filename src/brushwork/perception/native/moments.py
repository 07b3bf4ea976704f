"""Gram matrices, and sums about a shift, of features whose channels lie together: by the compiled part."""

from __future__ import annotations

import ctypes
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.perception.native.library import Sums, address, library
from brushwork.perception.native.memory import room
from brushwork.types import Feature

_PANEL = 64
_BLOCK = 4096
"""Cells that are summed before their sum is added to the others': the less, the more exact."""

_BLOCKS = 32
"""At most so many, for the memory that their sums take."""

Gram = Float[Tensor, "b c c"]
PerChannel = Float[Tensor, "b c"]


def takes(feature: Feature) -> bool:
    """Whether a feature is of the kind that the compiled part sums: float32, on the processor, channels together."""
    return (
        feature.device.type in ("cpu", "meta")
        and feature.dtype == torch.float32
        and feature.shape[1] % _PANEL == 0
        and feature.stride(1) == 1
        and feature.is_contiguous(memory_format=torch.channels_last)
        and library() is not None
    )


def gram(feature: Feature) -> Gram:
    """Σ f fᵀ, of which half is computed."""
    found: Gram = _Gram.apply(feature)  # type: ignore[no-untyped-call]
    return found


def spread(feature: Feature, shift: Float[Tensor, "_ c"]) -> tuple[PerChannel, PerChannel]:
    """Σ (f − s) and Σ (f − s)²; the shift is a constant."""
    found: Tensor = _Spread.apply(feature, shift.detach().expand(feature.shape[:2]))  # type: ignore[no-untyped-call]
    return found[:, 0], found[:, 1]


class _Gram(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, feature: Feature) -> Gram:
        ctx.save_for_backward(feature)
        batch, channels = feature.shape[:2]
        result, sums = feature.new_empty(batch, channels, channels), _sums(feature)
        panels = channels // _PANEL
        partial = feature.new_empty(batch * sums.blocks * panels * (panels + 1) // 2, _PANEL, _PANEL)
        _call("gram", sums, feature, result=result, partial=partial)
        return result

    @staticmethod
    def backward(ctx: Any, gradient: Gram) -> Tensor:
        (feature,) = ctx.saved_tensors
        both = gradient + gradient.transpose(1, 2)
        if torch.is_grad_enabled():
            wide: Tensor = (both @ feature.flatten(2)).view_as(feature)
            return wide
        batch, channels = feature.shape[:2]
        panels = both.view(batch, channels, channels // _PANEL, _PANEL).transpose(1, 2).contiguous()
        return _mapped("gram_back", feature, given=panels)


class _Spread(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, feature: Feature, shift: PerChannel) -> Tensor:
        ctx.save_for_backward(feature, shift)
        batch, channels = feature.shape[:2]
        result, sums = feature.new_empty(batch, 2, channels), _sums(feature)
        partial = feature.new_empty(batch, sums.blocks, 2, channels)
        _call("spread", sums, feature, given=shift.contiguous(), result=result, partial=partial)
        return result

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        feature, shift = ctx.saved_tensors
        slope = 2 * gradient[:, 1]
        added = gradient[:, 0] - slope * shift
        if torch.is_grad_enabled():
            return feature * slope[..., None, None] + added[..., None, None], None
        return _mapped("spread_back", feature, given=slope.contiguous(), added=added.contiguous()), None


def _mapped(name: str, feature: Feature, **tensors: Tensor) -> Feature:
    batch, channels, rows, columns = feature.shape
    result = room(feature, (batch, rows, columns, channels)).permute(0, 3, 1, 2)
    _call(name, _sums(feature), feature, result=result, **tensors)
    return result


def _sums(feature: Feature) -> Sums:
    batch, channels, rows, columns = feature.shape
    cells = rows * columns
    return Sums(batch, cells, channels, min(-(-cells // _BLOCK), _BLOCKS), torch.get_num_threads())


def _call(name: str, sums: Sums, feature: Feature, **tensors: Tensor) -> None:
    for field, tensor in tensors.items():
        setattr(sums, field, address(tensor))
    sums.map = address(feature)
    compiled = library()
    if compiled is not None and not feature.is_meta:
        getattr(compiled, name)(ctypes.byref(sums))
