"""A network's features and their gradient, row after row: every cell is computed once, and few rows are in memory.

A convolution needs one row more than it gives, so that each step is a row behind the one before it. On the way back it
is the other way around: the gradient follows at a distance, which is what the deepest features look at, up and down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from brushwork.perception.native.belt import Belt
from brushwork.perception.native.chain import Step
from brushwork.perception.native.kernels import backward_kernels, forward_kernels
from brushwork.perception.native.library import Layer, address
from brushwork.perception.native.look import EXACT, FAST, WIDE, call, layer_of
from brushwork.perception.native.memory import room
from brushwork.picture.window import Size
from brushwork.types import Feature, Image

_WORD = 16
"""Channels whose bits lie together."""

_PLANES = 3

_COST = {EXACT: 36, FAST: 64}
"""Products for each pair of channels, by the outputs along a Winograd tile's side."""


class Rows(NamedTuple):
    """Neighboring rows of a map, or of the picture."""

    top: int
    feature: Feature


class Stream:
    """One picture of three planes goes through the steps from above, and the gradient of what they gave follows."""

    def __init__(self, steps: Sequence[Step], picture: Size, like: Tensor, *, keeps: bool) -> None:
        """`keeps` what the way back needs. `like`: a tensor on the picture's device."""
        self._keeps = keeps
        self._passages: list[_Passage] = []
        size, channels = picture, _PLANES
        for step in steps:
            self._passages.append(_Passage(step, size, channels, like))
            size, channels = self._passages[-1].after, self._passages[-1].outputs

    def show(self, picture: Image, top: int) -> dict[str, Rows]:
        """Give the picture's next rows, and those above them from `wanted` on; returns the taps' new rows.

        Their memory is the caller's.
        """
        found, here = {}, picture.contiguous()
        bottom = top + here.shape[2]
        for passage, belt in zip(self._passages, [*(one.seen for one in self._passages[1:]), None], strict=True):
            rows = passage.show(here, top, bottom, belt, keeps=self._keeps)
            if passage.step.tap is not None and rows is not None:
                found[passage.step.tap] = rows
            if belt is not None:
                here, top, bottom = belt.all, belt.top, belt.bottom
        for passage in self._passages[1:]:
            passage.seen.drop(passage.wanted)
            passage.seen.move()
        return found

    @property
    def wanted(self) -> int:
        """The first row of the picture that is still needed."""
        return self._passages[0].wanted

    def pull(self, asked: Mapping[str, Tensor]) -> Rows | None:
        """Give the next rows of the gradient at every tap; returns the next rows of the picture's gradient.

        The rows lie as rows, columns, channels.
        """
        for passage in self._passages:
            if passage.step.tap in asked:
                belt = passage.asked if passage is self._passages[-1] else passage.added
                belt.grow(len(asked[passage.step.tap])).copy_(asked[passage.step.tap])
        for before, passage in zip(reversed(self._passages[:-1]), reversed(self._passages[1:]), strict=True):
            passage.pull(before)
        return self._passages[0].pull_planes()


class _Passage:
    """A step, and how far it has come."""

    def __init__(self, step: Step, size: Size, inputs: int, like: Tensor) -> None:
        self.step, self.size, self.inputs = step, size, inputs
        self.outputs = inputs if step.convolution is None else step.convolution.out_channels
        self.after = Size(step.pooled(size.height), step.pooled(size.width))
        self.seen = Belt(like, (size.width, inputs))
        self.asked = Belt(like, (self.after.width, self.outputs))
        """The gradient of what comes out."""
        self.added = Belt(like, (self.after.width, self.outputs))
        """The part of it that comes from the tap's own sums."""
        self._masks = Belt(like, (size.width, self.outputs // _WORD), torch.int16)
        self._shown = self._pulled = 0
        self._lag = int(step.convolution is not None)
        self._halves = step.pool is not None

    def _out(self, row: int) -> int:
        """The row after the pool that a row before it goes to."""
        return row if not self._halves else self.after.height if row == self.size.height else row // 2

    def _above(self, row: int) -> int:
        """The first row that a row looks at, as far as pools are aligned."""
        first = max(0, row - self._lag)
        return first - first % 2 if self._halves else first

    @property
    def wanted(self) -> int:
        """The first row of what goes in that is still needed."""
        return self._above(self._shown)

    def show(self, here: Tensor, top: int, bottom: int, to: Belt | None, *, keeps: bool) -> Rows | None:
        """Compute what the rows from `top` to `bottom` allow; None: nothing."""
        first, last = self._shown, bottom if bottom == self.size.height else max(0, bottom - self._lag)
        if self._halves and last < self.size.height:
            last -= last % 2
        if last <= first:
            return None
        count = self._out(last) - self._out(first)
        output = to.grow(count) if to is not None else room(here, (count, self.after.width, self.outputs))
        mask = self._masks.grow(last - first) if keeps else None
        layer = layer_of(here, output, mask, (1, bottom - top, self.size.width, self.inputs, self.outputs))
        layer.first, layer.last, layer.rectify, layer.pool = first - top, last - top, 1, self.step.pooling
        layer.pooled_rows, layer.pooled_columns = self._out(last) - self._out(top), self.after.width
        layer.output, layer.border = _lifted(output, self._out(first) - self._out(top)), int(self.step.reflects)
        layer.mask = None if mask is None else _lifted(mask, first - top)
        self._convolve(layer, here)
        self._shown = last
        return Rows(self._out(first), output.unsqueeze(0).permute(0, 3, 1, 2))

    def _convolve(self, layer: Layer, here: Tensor) -> None:
        if self.step.convolution is None:
            call("pool", layer, here)
            return
        kernels = forward_kernels(self.step.convolution)
        layer.weight, layer.bias = address(kernels), address(self.step.convolution.bias)
        call("convolve", layer, here)

    def pull(self, before: _Passage) -> None:
        """Compute what the gradient so far allows of the gradient of what went in."""
        tapped = before.step.tap is not None
        first, last = self._pulled, self._ready(before.added.bottom if tapped else self.size.height)
        if last <= first:
            return
        top = self._above(first)
        output = before.asked.grow(last - first)
        layer = self._back(output, top, last)
        layer.output = _lifted(output, first - top)
        layer.add = _lifted(before.added.rows(first, last), first - top) if tapped else None
        if self.step.convolution is None:
            call("unpool", layer, self.asked.rows(self._out(top), self.asked.bottom))
        else:
            layer.weight, layer.turned = address(backward_kernels(self.step.convolution)), 1
            layer.tile = self._tile(last - first)
            rim = room(output, (2 * (self.size.width + 2 + layer.rows) if self.step.reflects else 0, self.inputs))
            layer.rim = address(rim)
            call("convolve", layer, output)
        before.added.drop(last)
        self._go_on(last)

    def pull_planes(self) -> Rows | None:
        """The same for the first step, whose inputs are the picture's planes."""
        first, last = self._pulled, self._ready(self.size.height)
        if last <= first:
            return None
        top = self._above(first)
        planes = room(self.asked.rows(0, 0), (1, _PLANES, self._complete - top, self.size.width))
        assert self.step.convolution is not None
        layer = self._back(planes, top, last)
        layer.weight = address(backward_kernels(self.step.convolution))
        call("convolve", layer, planes)
        self._go_on(last)
        return Rows(first, planes[:, :, first - top : last - top])

    @property
    def _complete(self) -> int:
        """The row below the last one whose gradient before the pool is known."""
        below = self.asked.bottom
        return self.size.height if below == self.after.height else 2 * below if self._halves else below

    def _ready(self, limit: int) -> int:
        """The row below the last one of what went in whose gradient can be computed, and no further than a limit.

        Mirrored, the row beyond the border adds to the last but one, and the row above it to the second.
        """
        end, last = self.size.height, min(limit, self._complete)
        if last == end:
            return end
        last = min(last, self._complete - self._lag, end - 2 if self.step.reflects else end)
        return 0 if last < 2 else last

    def _back(self, output: Tensor, top: int, last: int) -> Layer:
        here = self.asked.rows(self._out(top), self.asked.bottom)
        masks = self._masks.rows(top, self._complete)
        layer = layer_of(here, output, None, (1, self._complete - top, self.size.width, self.outputs, self.inputs))
        layer.first, layer.last, layer.unpool = self._pulled - top, last - top, self.step.pooling
        layer.input_mask, layer.border = address(masks), 2 * int(self.step.reflects)
        layer.pooled_rows, layer.pooled_columns = len(here), self.after.width
        return layer

    def _tile(self, rows: int) -> int:
        """The tile with the fewest products."""
        if min(self.size) < WIDE:
            return EXACT
        return min(_COST, key=lambda tile: -(-rows // tile) * -(-self.size.width // tile) * _COST[tile])

    def _go_on(self, last: int) -> None:
        self._pulled = last
        needed = self._above(last)
        self._masks.drop(needed)
        self.asked.drop(self._out(needed))


def _lifted(rows: Tensor, count: int) -> int | None:
    """The address so many rows above these."""
    return None if rows.is_meta else rows.data_ptr() - count * rows.stride(0) * rows.element_size()
