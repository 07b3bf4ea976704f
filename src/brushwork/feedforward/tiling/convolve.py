"""Convolutions without gradients, on CPUs by the fastest way for their shape.

| convolution                                    | computed by                                                |
|------------------------------------------------|------------------------------------------------------------|
| 3×3, stride 1, multiples of 64 channels        | compiled Winograd kernels                                  |
| large kernel, stride 1, few outputs (an image) | one kernel row high, the rows of the kernel as outputs     |
| others                                         | torch, in channels-last memory format                      |

At 512 pixels, the residual blocks of a network of width 32 are most of its time. Its last layer, with 3 outputs, takes
a tenth: 3 outputs fill a fifth of a vector, and the 9 rows of its kernel with 3 outputs each fill nearly two.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from brushwork.choices import Engine
from brushwork.encoders.native.inference_conv import convolve_padded, is_supported
from brushwork.encoders.native.kernel_layout import lay_out_taps
from brushwork.feedforward.tiling.local_ops import RowsColumns
from brushwork.types import Feature

_FEW = 4
"""Most outputs whose kernel rows are computed as outputs."""

_HIGH = 5
"""Least rows of a kernel that are computed as outputs."""


@dataclass(frozen=True, eq=False)
class Convolution:
    """A convolution's weights, stride, dilation and groups, and the engine that computes it.

    With the engine `plain`, and off the CPU, torch computes all of them, in the memory format of the map.
    """

    weight: Tensor
    bias: Tensor | None
    stride: RowsColumns
    dilation: RowsColumns
    groups: int
    engine: Engine

    def __call__(self, feature: Feature, padding: RowsColumns) -> Feature:
        """Return the convolution of a map padded with zeros."""
        if self.engine == "plain" or feature.device.type not in ("cpu", "meta"):
            return F.conv2d(feature, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)
        if self._is_winograd(feature) and max(padding) <= 1:
            return self._convolve_winograd(feature, padding)
        if self._has_few_outputs:
            return self._convolve_rows(feature, padding)
        return F.conv2d(feature, self._channels_last, self.bias, self.stride, padding, self.dilation, self.groups)

    def _is_winograd(self, feature: Feature) -> bool:
        return self.engine == "native" and self._is_simple and is_supported(feature, self.weight)

    @property
    def _is_simple(self) -> bool:
        return self.stride == self.dilation == (1, 1) and self.groups == 1

    @property
    def _has_few_outputs(self) -> bool:
        return self._is_simple and self.weight.shape[0] <= _FEW and self.weight.shape[2] >= _HIGH

    def _convolve_winograd(self, feature: Feature, padding: RowsColumns) -> Feature:
        """Convolve with padding on all sides, and cut off the border where there is to be none."""
        (rows, columns), wide = padding, convolve_padded(feature, self._taps, self.bias)
        return wide[:, :, 1 - rows : wide.shape[2] - 1 + rows, 1 - columns : wide.shape[3] - 1 + columns]

    def _convolve_rows(self, feature: Feature, padding: RowsColumns) -> Feature:
        """Convolve with each row of the kernel, and add the results, each moved by its row."""
        outputs, rows = self.weight.shape[0], self.weight.shape[2]
        each = F.conv2d(feature, self._rows_as_outputs, padding=padding)
        height = each.shape[2] - rows + 1
        found = each[:, :outputs, :height].clone()
        for row in range(1, rows):
            found += each[:, row * outputs : (row + 1) * outputs, row : row + height]
        return found if self.bias is None else found.add_(self.bias[:, None, None])

    @cached_property
    def _taps(self) -> Tensor:
        return lay_out_taps(self.weight.detach())

    @cached_property
    def _rows_as_outputs(self) -> Tensor:
        outputs, inputs, rows, columns = self.weight.shape
        apart = self.weight.permute(2, 0, 1, 3).reshape(rows * outputs, inputs, 1, columns)
        return apart.contiguous(memory_format=torch.channels_last)

    @cached_property
    def _channels_last(self) -> Tensor:
        return self.weight.contiguous(memory_format=torch.channels_last)
