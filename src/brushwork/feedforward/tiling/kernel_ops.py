"""Sliding-window operations: convolution, pooling, upsampling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch.nn.functional as F
from torch import Tensor

from brushwork.choices import Engine
from brushwork.feedforward.tiling.convolve import Convolution
from brushwork.feedforward.tiling.local_ops import RowsColumns, SpanOfSide, window_from_spans, window_spans
from brushwork.images.geometry import Size, Window
from brushwork.types import Feature


@dataclass(frozen=True, eq=False)
class ConvolutionOperation:
    """A convolution with zero padding."""

    weight: Tensor
    bias: Tensor | None
    stride: RowsColumns
    padding: RowsColumns
    dilation: RowsColumns
    groups: int
    engine: Engine = "plain"

    @property
    def cost(self) -> float:
        """Multiplications per value of the result."""
        return self.weight[0].numel()

    def input_window(self, window: Window, of: Size) -> Window:
        """Return the positions under the kernel."""
        return window_from_spans(*(self._span(axis, span, of[axis]) for axis, span in enumerate(window_spans(window))))

    def _span(self, axis: int, own: SpanOfSide, length: int) -> SpanOfSide:
        if own.is_whole:
            return SpanOfSide(0, length, length)
        return own.clamp_source(*self._required_span(axis, own), length)

    def _required_span(self, axis: int, own: SpanOfSide) -> RowsColumns:
        """Return the first position under the kernel and the one after the last; both may lie beyond the border."""
        halo = self.dilation[axis] * (self.weight.shape[2 + axis] - 1) + 1
        before = own.begin * self.stride[axis] - self.padding[axis]
        return before, before + (own.end - own.begin - 1) * self.stride[axis] + halo

    def compute(self, window: Window, parts: Sequence[Feature], windows: Sequence[Window]) -> Feature:
        """Return the convolution."""
        own, padding, beyond = window_spans(window), [0, 0], []
        for axis in (1, 0):
            if own[axis].is_whole:
                padding[axis] = self.padding[axis]
                beyond += [0, 0]
            else:
                here, (begin, end) = window_spans(windows[0])[axis], self._required_span(axis, own[axis])
                beyond += [here.begin - begin, end - here.end]
        (part,) = parts
        part = F.pad(part, beyond) if any(beyond) else part
        return self._convolution(part, (padding[0], padding[1]))

    @cached_property
    def _convolution(self) -> Convolution:
        return Convolution(self.weight, self.bias, self.stride, self.dilation, self.groups, self.engine)


@dataclass(frozen=True, eq=False)
class TransposedConvolutionOperation:
    """A transposed convolution."""

    weight: Tensor
    bias: Tensor | None
    stride: RowsColumns
    padding: RowsColumns
    output_padding: RowsColumns
    groups: int
    dilation: RowsColumns

    @property
    def cost(self) -> float:
        """Multiplications per value of the result."""
        return self.weight[:, 0].numel() / (self.groups * self.stride[0] * self.stride[1])

    def input_window(self, window: Window, of: Size) -> Window:
        """Return the positions that contribute to the window."""
        return window_from_spans(*(self._span(axis, span, of[axis]) for axis, span in enumerate(window_spans(window))))

    def _span(self, axis: int, own: SpanOfSide, length: int) -> SpanOfSide:
        if own.is_whole:
            return SpanOfSide(0, length, length)
        stride, padding = self.stride[axis], self.padding[axis]
        halo = self.dilation[axis] * (self.weight.shape[2 + axis] - 1)
        # Where strides leave gaps, the position before is included, since the output begins with it.
        first = min(-(-(own.begin + padding - halo) // stride), (own.begin + padding) // stride)
        return own.clamp_source(first, (own.end - 1 + padding) // stride + 1, length)

    def compute(self, window: Window, parts: Sequence[Feature], windows: Sequence[Window]) -> Feature:
        """Return the transposed convolution, cropped to the window."""
        own, here = window_spans(window), window_spans(windows[0])
        padding = tuple(self.padding[axis] if own[axis].is_whole else 0 for axis in (0, 1))
        drawn = F.conv_transpose2d(
            parts[0], self.weight, self.bias, self.stride, padding, self.output_padding, self.groups, self.dilation
        )
        for axis in (0, 1):
            if not own[axis].is_whole:
                first = here[axis].begin * self.stride[axis] - self.padding[axis]
                drawn = drawn.narrow(2 + axis, own[axis].begin - first, own[axis].end - own[axis].begin)
        return drawn


@dataclass(frozen=True, eq=False)
class PoolOperation:
    """Pooling without padding; an incomplete window at the end is dropped."""

    function: Callable[..., Feature]
    kernel: RowsColumns
    stride: RowsColumns
    cost: float = 0.0

    def input_window(self, window: Window, of: Size) -> Window:
        """Return the positions in the pooling windows."""
        found = []
        for axis, own in enumerate(window_spans(window)):
            begin = own.begin * self.stride[axis]
            end = (own.end - 1) * self.stride[axis] + self.kernel[axis]
            found.append(own.clamp_source(begin, end, of[axis]))
        return window_from_spans(*found)

    def compute(self, window: Window, parts: Sequence[Feature], windows: Sequence[Window]) -> Feature:
        """Return the pooled values."""
        return self.function(parts[0], self.kernel, self.stride)


@dataclass(frozen=True, eq=False)
class UpsampleOperation:
    """Upsampling by an integer factor, nearest neighbor or linear."""

    mode: str
    factors: RowsColumns
    cost: float = 0.0

    def input_window(self, window: Window, of: Size) -> Window:
        """Return the positions upsampled into the window, and for linear upsampling their neighbors."""
        halo, found = int(self.mode == "bilinear"), []
        for axis, own in enumerate(window_spans(window)):
            factor = self.factors[axis]
            found.append(own.clamp_source(own.begin // factor - halo, (own.end - 1) // factor + 1 + halo, of[axis]))
        return window_from_spans(*found)

    def compute(self, window: Window, parts: Sequence[Feature], windows: Sequence[Window]) -> Feature:
        """Return the upsampled positions, cropped to the window."""
        factors = tuple(float(factor) for factor in self.factors)
        drawn = F.interpolate(parts[0], scale_factor=factors, mode=self.mode)
        for axis, (own, here) in enumerate(zip(window_spans(window), window_spans(windows[0]), strict=True)):
            begin = own.begin - here.begin * self.factors[axis]
            drawn = drawn.narrow(2 + axis, begin, own.end - own.begin)
        return drawn
