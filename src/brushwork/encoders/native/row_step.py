"""One step of the row pipeline."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from brushwork.encoders.native.arena import allocate
from brushwork.encoders.native.autograd import EXACT, FAST, WORD, call_layer, make_layer
from brushwork.encoders.native.fusion import NativeStep
from brushwork.encoders.native.kernel_layout import make_backward_kernels, make_forward_kernels
from brushwork.encoders.native.library import NativeLayer, data_address
from brushwork.encoders.native.row_buffer import RowBuffer, RowQueue
from brushwork.images.geometry import Size
from brushwork.types import Feature

PLANES = 3
"""Number of planes of the image."""

_KERNELS = 10
"""Number of Winograd tiles that take about as long as transforming the kernels."""


class FeatureRows(NamedTuple):
    """Consecutive rows of a map, or of the image."""

    top: int
    feature: Feature


class RowStep:
    """A step, and its progress through the rows."""

    def __init__(self, step: NativeStep, size: Size, inputs: int, like: Tensor) -> None:
        self.step, self.size, self.inputs = step, size, inputs
        self.outputs = inputs if step.convolution is None else step.convolution.out_channels
        self.after = Size(step.pooled_size(size.height), step.pooled_size(size.width))
        self.seen = RowBuffer(like, (size.width, inputs))
        self.asked = RowBuffer(like, (self.after.width, self.outputs))
        """Gradient of the step's output."""
        self.added = RowQueue()
        """The gradient from the sums at this step's own layer."""
        self._masks = RowBuffer(like, (size.width, self.outputs // WORD), torch.int16)
        self._shown = self._pulled = 0
        self._lag = int(step.convolution is not None)
        self._halves = step.pool is not None

    def _out(self, row: int) -> int:
        """Return the row after the pool that corresponds to a row before it."""
        return row if not self._halves else self.after.height if row == self.size.height else row // 2

    def _above(self, row: int) -> int:
        """Return the first input row on which a row depends, aligned to the pool."""
        first = max(0, row - self._lag)
        return first - first % 2 if self._halves else first

    def add_gradient(self, rows: Tensor, *, last: bool) -> None:
        """Add rows of the gradient from the sums at this layer; for the last step, that is the full gradient."""
        if last:
            self.asked.allocate(len(rows)).copy_(rows)
        else:
            self.added.put(rows)

    def release(self) -> None:
        """Free the rows that are no longer needed, and copy the others to memory of their own."""
        self.seen.drop(self.first_needed_row)
        self.seen.compact()

    @property
    def first_needed_row(self) -> int:
        """First input row that is still needed."""
        return self._above(self._shown)

    def forward_rows(
        self, here: Tensor, top: int, bottom: int, to: RowBuffer | None, *, keeps: bool
    ) -> FeatureRows | None:
        """Compute the output rows that the input rows `top` to `bottom` allow; None: no rows."""
        first, last = self._shown, bottom if bottom == self.size.height else max(0, bottom - self._lag)
        if self._halves and last < self.size.height:
            last -= last % 2
        if last <= first:
            return None
        count = self._out(last) - self._out(first)
        output = to.allocate(count) if to is not None else allocate(here, (count, self.after.width, self.outputs))
        mask = self._masks.allocate(last - first, first) if keeps else None
        layer = make_layer(here, output, mask, (1, bottom - top, self.size.width, self.inputs, self.outputs))
        layer.first, layer.last, layer.rectify, layer.pool = first - top, last - top, 1, self.step.pooling
        layer.bfloat16 = self.step.in_bfloat16
        layer.pooled_rows, layer.pooled_columns = self._out(last) - self._out(top), self.after.width
        layer.output, layer.border = (
            _shift_address(output, self._out(first) - self._out(top)),
            int(self.step.has_reflect_padding),
        )
        layer.mask = None if mask is None else _shift_address(mask, first - top)
        self._convolve(layer, here)
        self._shown = last
        return FeatureRows(self._out(first), output.unsqueeze(0).permute(0, 3, 1, 2))

    def _convolve(self, layer: NativeLayer, here: Tensor) -> None:
        if self.step.convolution is None:
            call_layer("pool", layer, here)
            return
        kernels = make_forward_kernels(self.step.convolution)
        layer.weight, layer.bias = data_address(kernels), data_address(self.step.convolution.bias)
        call_layer("convolve", layer, here)

    def take_masks(self) -> Tensor:
        """Return and remove the masks of the rows processed since the last call."""
        masks = self._masks.all
        self._masks.drop(self._masks.bottom)
        return masks

    def load_masks(self, masks: Tensor) -> None:
        """Load masks computed by another step, instead of computing rows."""
        self._masks.allocate(len(masks), self._shown).copy_(masks)
        self._shown += len(masks)

    def backward_rows(self, before: RowStep) -> None:
        """Compute the rows of the input's gradient that the output's gradient so far allows."""
        tapped = before.step.layer is not None
        first, last = self._pulled, self._ready(before.added.bottom if tapped else self.size.height)
        if last <= first:
            return
        top = self._above(first)
        output = before.asked.allocate(last - first)
        layer = self._back(output, top, last)
        layer.output = _shift_address(output, first - top)
        if tapped:
            before.added.take(output)
            layer.add = layer.output
        if self.step.convolution is None:
            call_layer("unpool", layer, self.asked.rows(self._out(top), self.asked.bottom))
        else:
            layer.weight, layer.turned = data_address(make_backward_kernels(self.step.convolution)), 1
            layer.tile = self._tile(last - first)
            rim = allocate(
                output, (2 * (self.size.width + 2 + layer.rows) if self.step.has_reflect_padding else 0, self.inputs)
            )
            layer.rim = data_address(rim)
            call_layer("convolve", layer, output)
        self._advance(last)

    def backward_image_rows(self) -> FeatureRows | None:
        """Return the rows of the image's gradient that the output's gradient so far allows; None: no rows.

        This is only for the first step, whose input is the image's planes.
        """
        first, last = self._pulled, self._ready(self.size.height)
        if last <= first:
            return None
        top = self._above(first)
        planes = allocate(self.asked.rows(0, 0), (1, PLANES, self._complete - top, self.size.width))
        assert self.step.convolution is not None
        layer = self._back(planes, top, last)
        layer.weight = data_address(make_backward_kernels(self.step.convolution))
        call_layer("convolve", layer, planes)
        self._advance(last)
        return FeatureRows(first, planes[:, :, first - top : last - top])

    @property
    def _complete(self) -> int:
        """End of the rows whose gradient before the pool is known."""
        below = self.asked.bottom
        return self.size.height if below == self.after.height else 2 * below if self._halves else below

    def _ready(self, limit: int) -> int:
        """Return the end of the input rows whose gradient can be computed, at most `limit`.

        With mirrored padding, the row beyond the lower border adds to the last row but one, and the row above the image
        to the second.
        """
        end, last = self.size.height, min(limit, self._complete)
        if last == end:
            return end
        last = min(last, self._complete - self._lag, end - 2 if self.step.has_reflect_padding else end)
        return 0 if last < 2 else last

    def _back(self, output: Tensor, top: int, last: int) -> NativeLayer:
        here = self.asked.rows(self._out(top), self.asked.bottom)
        masks = self._masks.rows(top, self._complete)
        layer = make_layer(here, output, None, (1, self._complete - top, self.size.width, self.outputs, self.inputs))
        layer.first, layer.last, layer.unpool = self._pulled - top, last - top, self.step.pooling
        layer.bfloat16 = self.step.in_bfloat16
        layer.input_mask, layer.border = data_address(masks), 2 * int(self.step.has_reflect_padding)
        layer.pooled_rows, layer.pooled_columns = len(here), self.after.width
        return layer

    def _tile(self, rows: int) -> int:
        """Return the fastest tile size, counting its products and the transformation of its kernels."""
        return min(
            (EXACT, FAST),
            key=lambda tile: (tile + 2) ** 2 * (-(-rows // tile) * -(-self.size.width // tile) + _KERNELS),
        )

    def _advance(self, last: int) -> None:
        self._pulled = last
        needed = self._above(last)
        self._masks.drop(needed)
        self.asked.drop(self._out(needed))
        self.asked.compact()


def _shift_address(rows: Tensor, count: int) -> int | None:
    """Return the address `count` rows before the first one."""
    return None if rows.is_meta else rows.data_ptr() - count * rows.stride(0) * rows.element_size()
