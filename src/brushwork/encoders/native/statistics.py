"""Gram matrices, means and distances of features in C++; their gradients may reuse the features' memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import increment_version

from brushwork.encoders.native.arena import allocate, is_in_arena
from brushwork.encoders.native.library import load_library
from brushwork.encoders.native.linear_gradient import (
    PANEL,
    Deviation,
    Gram,
    LinearGradient,
    PerChannel,
    call_sums,
    count_blocks,
)
from brushwork.types import Feature, PerImage

_READ: ContextVar[bool] = ContextVar("_READ", default=True)
"""Whether anything will read the values of sums."""

_SPARE: ContextVar[Mapping[int, ReuseTracker]] = ContextVar("_SPARE", default=MappingProxyType({}))
"""Memory that may be overwritten, with the tracker of its readers."""


def is_supported(feature: Feature) -> bool:
    """Return whether the compiled sums support a feature: float32, on the CPU, channels-last."""
    return (
        feature.device.type in ("cpu", "meta")
        and feature.dtype == torch.float32
        and feature.shape[1] % PANEL == 0
        and _lies_in_rows(feature)
        and load_library() is not None
    )


def _lies_in_rows(feature: Feature) -> bool:
    """Return whether the channels of a position, and the positions of a row, are contiguous."""
    _, channels, rows, columns = feature.shape
    _, plane, row, cell = feature.stride()
    return plane == 1 and (columns == 1 or cell == channels) and (rows == 1 or row >= columns * channels)


def gram_sum(feature: Feature) -> Gram:
    """Compute Σ f fᵀ, one half of which suffices because it is symmetric."""
    found: Gram = _Gram.apply(feature)  # type: ignore[no-untyped-call]
    return found


def mean_std_sums(feature: Feature, shift: PerChannel) -> tuple[PerChannel, PerChannel]:
    """Compute Σ (f − s) and Σ (f − s)²; the shift is a constant."""
    found: Tensor = _MeanStd.apply(feature, shift.detach().expand(feature.shape[:2]))  # type: ignore[no-untyped-call]
    return found[:, 0], found[:, 1]


def distance_sum(feature: Feature, other: Feature) -> PerImage:
    """Compute Σ ‖f − f*‖², where f* are other features of the same size.

    `is_supported` must be true for both; the other features are a constant.
    """
    found: PerImage = _Distance.apply(feature, other.detach().expand_as(feature))  # type: ignore[no-untyped-call]
    return found


@contextmanager
def gradients_only() -> Iterator[None]:
    """Skip the computation of sums, which become zeros, in a block that needs only their gradients."""
    token = _READ.set(False)
    try:
        yield
    finally:
        _READ.reset(token)


class PendingGradients:
    """Collected gradients of the sums over a map, to compute in one pass (see `crop`)."""

    def __init__(self) -> None:
        self._feature: Feature | None = None
        self._asked = LinearGradient()

    def add(self, feature: Feature, linear: LinearGradient) -> None:
        self._feature, self._asked = feature, self._asked + linear

    def take(self) -> tuple[Feature | None, LinearGradient]:
        """Return and clear the features (None: no gradient was added) and the gradient."""
        found = self._feature, self._asked
        self._feature, self._asked = None, LinearGradient()
        return found


class _Gram(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, feature: Feature) -> Gram:
        _remember(ctx, feature)
        batch, channels = feature.shape[:2]
        result, panels = feature.new_empty(batch, channels, channels), channels // PANEL
        partial = feature.new_empty(batch * count_blocks(feature) * panels * (panels + 1) // 2, PANEL, PANEL)
        _compute("gram", feature, result, partial)
        return result

    @staticmethod
    def backward(ctx: Any, gradient: Gram) -> Tensor | None:
        (feature,) = ctx.saved_tensors
        both = gradient + gradient.transpose(1, 2)
        if torch.is_grad_enabled():
            wide: Tensor = (both @ feature.flatten(2)).view_as(feature)
            return wide
        return _gradient_of_sum(ctx, feature, LinearGradient(matrix=both))


class _MeanStd(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, feature: Feature, shift: PerChannel) -> Tensor:
        _remember(ctx, feature, shift)
        batch, channels = feature.shape[:2]
        result = feature.new_empty(batch, 2, channels)
        partial = feature.new_empty(batch, count_blocks(feature), 2, channels)
        _compute("spread", feature, result, partial, given=shift.contiguous())
        return result

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, None]:
        feature, shift = ctx.saved_tensors
        slope = 2 * gradient[:, 1]
        added = gradient[:, 0] - slope * shift
        if torch.is_grad_enabled():
            return feature * slope[..., None, None] + added[..., None, None], None
        return _gradient_of_sum(ctx, feature, LinearGradient(slope=slope, constant=added)), None


class _Distance(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, feature: Feature, other: Feature) -> PerImage:
        _remember(ctx, feature, other)
        result, partial = (
            feature.new_empty(feature.shape[0]),
            feature.new_empty(feature.shape[0], count_blocks(feature)),
        )
        _compute("distance", feature, result, partial, other=other)
        return result

    @staticmethod
    def backward(ctx: Any, gradient: PerImage) -> tuple[Tensor | None, None]:
        feature, other = ctx.saved_tensors
        if torch.is_grad_enabled():
            return 2 * gradient[:, None, None, None] * (feature - other), None
        return _gradient_of_sum(ctx, feature, LinearGradient(deviations=(Deviation(2 * gradient, other),))), None


def _compute(
    name: str,
    feature: Feature,
    result: Tensor,
    partial: Tensor,
    given: Tensor | None = None,
    other: Tensor | None = None,
) -> None:
    if _READ.get():
        call_sums(name, feature, other=other, given=given, partial=partial, result=result)
    else:
        result.zero_()


def _remember(ctx: Any, feature: Feature, *others: Tensor) -> None:
    ctx.save_for_backward(feature, *others)
    ctx.waiting, ctx.readers = getattr(feature.grad_fn, "waiting", None), find_tracker(feature)
    if ctx.readers is not None:
        ctx.readers.summed += 1


def _gradient_of_sum(ctx: Any, feature: Feature, linear: LinearGradient) -> Tensor | None:
    """Return the gradient of a sum; None: it was added to the pending gradients, which are computed together."""
    if ctx.readers is not None:
        ctx.readers.pulled += 1
    if ctx.waiting is not None:
        ctx.waiting.add(feature, linear)
        return None
    if ctx.readers is not None and ctx.readers.is_done:
        increment_version(feature)
        result = feature.detach()
    else:
        batch, channels, rows, columns = feature.shape
        result = allocate(feature, (batch, rows, columns, channels)).permute(0, 3, 1, 2)
    linear.write(feature, result)
    return result


@dataclass
class ReuseTracker:
    """Counter of the readers of features whose memory may be reused."""

    all: int
    summed: int = 0
    """Readers that are compiled sums."""
    pulled: int = 0
    """Readers whose gradient was computed."""

    @property
    def is_done(self) -> bool:
        """Whether all readers have computed their gradients, so that the features are no longer needed."""
        return self.all == self.summed == self.pulled


@contextmanager
def reuse_memory(read: Iterable[Feature]) -> Iterator[None]:
    """Let sums write their gradient over features that are no longer needed.

    `read` lists all features that will be read, each as often as it is read. If all reads of a feature are sums
    computed here, the last sum to be differentiated overwrites it. A backward pass that reads it afterwards gets
    torch's error that it was modified.
    """
    count = Counter(one.untyped_storage()._cdata for one in read if _is_own(one))
    token = _SPARE.set({memory: ReuseTracker(times) for memory, times in count.items()})
    try:
        yield
    finally:
        _SPARE.reset(token)


def find_tracker(feature: Feature) -> ReuseTracker | None:
    """Return the tracker of features whose memory may be reused; None: it may not."""
    return _SPARE.get().get(feature.untyped_storage()._cdata)


def _is_own(feature: Feature) -> bool:
    """Return whether this backend computed the features; its own backward pass then does not need them."""
    return feature.is_meta or is_in_arena(feature)
