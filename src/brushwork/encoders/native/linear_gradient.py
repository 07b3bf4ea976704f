"""Gradients of sums over features, computed in one pass.

The gradients of Gram matrices, mean and std sums, and distances are linear in the features. All gradients from the sums
of one map are therefore one product with a small matrix.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.encoders.native.library import NativeSums, data_address, load_library
from brushwork.types import Feature, PerImage

PANEL = 64
"""Number of channels to compute together."""

_BLOCK = 4096
"""Least number of positions to sum in a block before the blocks are added; fewer are more accurate."""

_BLOCKS = 32
"""Largest number of blocks, limited by the memory of their sums."""

_CELLS_COPIED = 96
"""Number of positions that a thread copies before it overwrites them with their gradient."""

Gram = Float[Tensor, "b c c"]
PerChannel = Float[Tensor, "b c"]


class Deviation(NamedTuple):
    """The term weight · (f − other)."""

    weight: PerImage
    other: Feature


@dataclass(frozen=True)
class LinearGradient:
    """Gradient of sums that is linear in the features.

    It is f · matrix + f · slope + constant + Σ weight · (f − other) at each position; missing parts are 0.
    """

    matrix: Gram | None = None
    slope: PerChannel | None = None
    constant: PerChannel | None = None
    deviations: tuple[Deviation, ...] = ()

    def __add__(self, more: LinearGradient) -> LinearGradient:
        return LinearGradient(
            _sum(self.matrix, more.matrix),
            _sum(self.slope, more.slope),
            _sum(self.constant, more.constant),
            self.deviations + more.deviations,
        )

    @property
    def read_count(self) -> int:
        """Number of times that the features are read."""
        return len(self.deviations) + (self.matrix is not None or self.slope is not None)

    def write(self, feature: Feature, result: Feature) -> None:
        """Write the gradient into a map of the features' size.

        The map may be the features themselves if they are read only once.
        """
        if self.matrix is not None:
            self._multiply(feature, result, self.matrix)
        elif self.slope is not None:
            call_sums("spread_back", feature, to=result, given=self.slope.contiguous(), added=self.constant)
        for index, (weight, other) in enumerate(self.deviations, start=self.read_count - len(self.deviations)):
            call_sums("distance_back", feature, to=result, other=other, adds=index > 0, given=weight.contiguous())

    def _multiply(self, feature: Feature, result: Feature, matrix: Gram) -> None:
        batch, channels = feature.shape[:2]
        whole = matrix if self.slope is None else matrix + torch.diag_embed(self.slope)
        panels = whole.view(batch, channels, channels // PANEL, PANEL).transpose(1, 2).contiguous()
        in_place = result.data_ptr() == feature.data_ptr()
        partial = feature.new_empty(torch.get_num_threads() * _CELLS_COPIED if in_place else 0, channels)
        call_sums("gram_back", feature, to=result, given=panels, added=self.constant, partial=partial)


def _sum(one: Tensor | None, two: Tensor | None) -> Tensor | None:
    return one if two is None else two if one is None else one + two


def count_blocks(feature: Feature) -> int:
    """Return the number of blocks into which positions are split for summation."""
    return min(-(-feature.shape[2] * feature.shape[3] // _BLOCK), _BLOCKS)


def call_sums(
    name: str,
    feature: Feature,
    *,
    to: Feature | None = None,
    other: Feature | None = None,
    adds: bool = False,
    **tensors: Tensor | None,
) -> None:
    """Compute sums over features, or write their gradients into the map `to`; do nothing on the `meta` device."""
    batch, channels, rows, columns = feature.shape
    maps = [one for one in (feature, to, other) if one is not None]
    if all(rows == 1 or one.stride(2) == columns * channels for one in maps):
        rows, columns = 1, rows * columns  # one long row: sums do not depend on the ends of rows
    steps = [(0, 0) if one is None else (one.stride(2), one.stride(0)) for one in (feature, to, other)]
    sums = NativeSums(batch, rows, columns, channels, *steps[0], *steps[1], *steps[2], count_blocks(feature))
    sums.threads, sums.adds, sums.map, sums.other = (
        torch.get_num_threads(),
        adds,
        data_address(feature),
        data_address(other),
    )
    for field, tensor in {"result": to, **tensors}.items():
        setattr(sums, field, data_address(tensor))
    compiled = load_library()
    if compiled is not None and not feature.is_meta:
        getattr(compiled, name)(ctypes.byref(sums))
