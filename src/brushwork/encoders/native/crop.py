"""Crop of channels-last features; sums over the crop compute their gradients together."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import increment_version

from brushwork.encoders.native.arena import allocate
from brushwork.encoders.native.linear_gradient import LinearGradient
from brushwork.encoders.native.statistics import PendingGradients, find_tracker, is_supported
from brushwork.types import Feature

_ALL = slice(None)


def crop_feature(feature: Feature, rows: slice = _ALL, columns: slice = _ALL) -> Feature:
    """Return `feature[..., rows, columns]`, whose gradient is a map in the same layout.

    The gradients of the compiled sums over the crop are not added map by map. One pass over the features computes them,
    and may overwrite the features.
    """
    cropped: Feature = _Crop.apply(feature, rows, columns)  # type: ignore[no-untyped-call]
    return cropped


def collect_gradients(feature: Feature) -> Feature:
    """Return the same features, for which one pass computes the gradients of all compiled sums."""
    return crop_feature(feature) if feature.requires_grad and is_supported(feature) else feature


class _Crop(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, feature: Feature, rows: slice, columns: slice) -> Feature:
        ctx.set_materialize_grads(False)
        ctx.read_window = ..., slice(*rows.indices(feature.shape[-2])), slice(*columns.indices(feature.shape[-1]))
        ctx.shape, ctx.stride, ctx.offset = feature.shape, feature.stride(), feature.storage_offset()
        ctx.waiting, ctx.readers = PendingGradients(), find_tracker(feature)
        return feature[ctx.read_window]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor | None) -> tuple[Tensor | None, None, None]:
        if torch.is_grad_enabled():
            return None if gradient is None else _spread_out(gradient, ctx.shape, ctx.read_window), None, None
        feature, linear = ctx.waiting.take()
        if feature is None and (gradient is None or gradient.shape == ctx.shape):
            return gradient, None, None
        wide = _map(ctx, feature, linear, gradient)
        _clear_around(wide, *ctx.read_window[1:])
        return wide, None, None


def _map(ctx: Any, feature: Feature | None, linear: LinearGradient, gradient: Tensor | None) -> Feature:
    """Return the gradient as a map of the full size, with only the window written."""
    if feature is None:
        assert gradient is not None
        wide = _allocate(ctx, gradient)
        wide[ctx.read_window].copy_(gradient)
        return wide
    if ctx.readers is not None and ctx.readers.is_done and linear.read_count == 1:
        increment_version(feature)
        wide = feature.detach().as_strided(ctx.shape, ctx.stride, ctx.offset)
    else:
        wide = _allocate(ctx, feature)
    linear.write(feature, wide[ctx.read_window])
    if gradient is not None:
        wide[ctx.read_window].add_(gradient)
    return wide


def _allocate(ctx: Any, like: Tensor) -> Feature:
    batch, channels, rows, columns = ctx.shape
    return allocate(like, (batch, rows, columns, channels), like.dtype).permute(0, 3, 1, 2)


def _clear_around(wide: Tensor, rows: slice, columns: slice) -> None:
    wide[..., : rows.start, :].zero_()
    wide[..., rows.stop :, :].zero_()
    wide[..., rows, : columns.start].zero_()
    wide[..., rows, columns.stop :].zero_()


def _spread_out(gradient: Tensor, shape: torch.Size, window: Any) -> Tensor:
    """Return the gradient padded to the full size; differentiable."""
    _, rows, columns = window
    margins = (columns.start, shape[-1] - columns.stop, rows.start, shape[-2] - rows.stop)
    return torch.nn.functional.pad(gradient, margins)
