"""A window of features whose channels lie together, and its gradient without copies."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from brushwork.perception.native.memory import room
from brushwork.types import Feature


def crop(feature: Feature, rows: slice, columns: slice) -> Feature:
    """`feature[..., rows, columns]`, whose gradient comes back as a map in the same layout.

    A gradient that was written over the window is not copied: the map that it lies in becomes the whole map's.
    """
    cropped: Feature = _Crop.apply(feature, rows, columns)  # type: ignore[no-untyped-call]
    return cropped


class _Crop(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, feature: Feature, rows: slice, columns: slice) -> Feature:
        window = feature[..., rows, columns]
        ctx.window, ctx.shape, ctx.stride, ctx.offset = (
            (..., rows, columns),
            feature.shape,
            feature.stride(),
            feature.storage_offset(),
        )
        ctx.place = feature.untyped_storage()._cdata, window.storage_offset(), window.stride()
        ctx.bytes = feature.untyped_storage().nbytes()
        return window

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        if torch.is_grad_enabled():
            return _spread_out(gradient, ctx.shape, ctx.window), None, None
        if not _lies_inside(ctx, gradient):
            batch, channels, rows, columns = ctx.shape
            wide = room(gradient, (batch, rows, columns, channels)).permute(0, 3, 1, 2)
            wide[ctx.window].copy_(gradient)
        else:
            wide = gradient.as_strided(ctx.shape, ctx.stride, ctx.offset)
        _clear_around(wide, *ctx.window[1:])
        return wide, None, None


def _lies_inside(ctx: Any, gradient: Tensor) -> bool:
    """Whether a gradient was written over the window of the features."""
    place = gradient.untyped_storage()._cdata, gradient.storage_offset(), gradient.stride()
    return bool(place == ctx.place and gradient.untyped_storage().nbytes() >= ctx.bytes)


def _clear_around(wide: Tensor, rows: slice, columns: slice) -> None:
    wide[..., : rows.start, :].zero_()
    wide[..., rows.stop :, :].zero_()
    wide[..., rows, : columns.start].zero_()
    wide[..., rows, columns.stop :].zero_()


def _spread_out(gradient: Tensor, shape: torch.Size, window: Any) -> Tensor:
    """The same, to be differentiated again."""
    _, rows, columns = window
    margins = (columns.start, shape[-1] - columns.stop, rows.start, shape[-2] - rows.stop)
    return torch.nn.functional.pad(gradient, margins)
