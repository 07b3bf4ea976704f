"""Gram matrices, and sums about a shift, of features whose channels lie together: by the compiled part.

The features may be a window of a larger map. Their gradient takes as much memory as they do, unless it may be written
over them, see `using_up`.
"""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.graph import increment_version

from brushwork.perception.native.library import Sums, address, library
from brushwork.perception.native.memory import SHELF, room
from brushwork.types import Feature

_PANEL = 64
_BLOCK = 4096
"""Cells that are summed before their sum is added to the others': the less, the more exact."""

_BLOCKS = 32
"""At most so many, for the memory that their sums take."""

_CELLS_COPIED = 96
"""Cells that a thread copies before it writes their gradient over them."""


@dataclass
class _Readers:
    """Who reads features that may be used up."""

    all: int
    summed: int = 0
    """Those of them that take sums here."""
    pulled: int = 0
    """Those whose gradient was asked for."""

    def last(self) -> bool:
        """Whether this is the last one to ask for its gradient, so that nobody needs the features any more."""
        self.pulled += 1
        return self.all == self.summed == self.pulled


_SPARE: ContextVar[Mapping[int, _Readers]] = ContextVar("_SPARE", default=MappingProxyType({}))
"""Memory that may be used up, and who reads there."""

Gram = Float[Tensor, "b c c"]
PerChannel = Float[Tensor, "b c"]


def takes(feature: Feature) -> bool:
    """Whether a feature is of the kind that the compiled part sums: float32, on the processor, channels together."""
    return (
        feature.device.type in ("cpu", "meta")
        and feature.dtype == torch.float32
        and feature.shape[1] % _PANEL == 0
        and _lies_in_rows(feature)
        and library() is not None
    )


def _lies_in_rows(feature: Feature) -> bool:
    """Whether a cell's channels lie together, and the cells of a row."""
    _, channels, rows, columns = feature.shape
    _, plane, row, cell = feature.stride()
    return plane == 1 and (columns == 1 or cell == channels) and (rows == 1 or row >= columns * channels)


@contextmanager
def using_up(read: Iterable[Feature]) -> Iterator[None]:
    """Sums write their gradient over features that are not needed any more.

    `read` are all the features that will be read, one as often as it is. If all that is read of one are its sums here,
    the last of them to be differentiated uses it up. Whoever looks at it afterwards, in a backward pass, is told by
    torch that it was modified.
    """
    count = Counter(one.untyped_storage()._cdata for one in read if _is_on_shelf(one))
    token = _SPARE.set({memory: _Readers(times) for memory, times in count.items()})
    try:
        yield
    finally:
        _SPARE.reset(token)


def _readers(feature: Feature) -> _Readers | None:
    readers = _SPARE.get().get(feature.untyped_storage()._cdata)
    if readers is not None:
        readers.summed += 1
    return readers


def _is_on_shelf(feature: Feature) -> bool:
    """Whether this engine made it, whose own backward pass needs no features."""
    return feature.is_meta or SHELF.holds(feature)


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
        ctx.readers = _readers(feature)
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
        in_place = ctx.readers is not None and ctx.readers.last()
        partial = feature.new_empty(torch.get_num_threads() * _CELLS_COPIED if in_place else 0, channels)
        return _mapped("gram_back", feature, in_place=in_place, given=panels, partial=partial)


class _Spread(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, feature: Feature, shift: PerChannel) -> Tensor:
        ctx.save_for_backward(feature, shift)
        ctx.readers = _readers(feature)
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
        in_place = ctx.readers is not None and ctx.readers.last()
        tensors = {"given": slope.contiguous(), "added": added.contiguous()}
        return _mapped("spread_back", feature, in_place=in_place, **tensors), None


def _mapped(name: str, feature: Feature, *, in_place: bool, **tensors: Tensor) -> Feature:
    batch, channels, rows, columns = feature.shape
    if in_place:
        increment_version(feature)
        result = feature.detach()
    else:
        result = room(feature, (batch, rows, columns, channels)).permute(0, 3, 1, 2)
    _call(name, _sums(feature), feature, result=result, **tensors)
    return result


def _sums(feature: Feature) -> Sums:
    batch, channels, rows, columns = feature.shape
    cells, (picture, _, row, _) = rows * columns, feature.stride()
    if rows == 1 or row == columns * channels:  # one long row: sums do not stop at the ends of rows
        rows, columns = 1, cells
    blocks = min(-(-cells // _BLOCK), _BLOCKS)
    return Sums(batch, rows, columns, channels, row, picture, blocks, torch.get_num_threads())


def _call(name: str, sums: Sums, feature: Feature, **tensors: Tensor) -> None:
    for field, tensor in tensors.items():
        setattr(sums, field, address(tensor))
    sums.map = address(feature)
    compiled = library()
    if compiled is not None and not feature.is_meta:
        getattr(compiled, name)(ctypes.byref(sums))
