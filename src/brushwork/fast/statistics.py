"""Means and variances of a map's channels, put together from parts of the map."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from brushwork.types import Feature


class Statistics(NamedTuple):
    """Mean and biased variance of a map's channels, 1 or batch × channels × 1 × 1."""

    mean: Tensor
    variance: Tensor

    def over_batch(self) -> Statistics:
        """Those of the whole batch."""
        mean = self.mean.mean(0, keepdim=True)
        return Statistics(mean, (self.variance + (self.mean - mean).square()).mean(0, keepdim=True))


class Moments(NamedTuple):
    """What is kept of the cells seen so far: their number, mean, and sum of squared differences from it."""

    cells: int
    mean: Tensor
    squares: Tensor

    @classmethod
    def of(cls, part: Feature) -> Moments:
        """Of the cells of a part; taken about its own mean, so that nothing cancels, and kept in float64.

        On `mps`, which has no float64, in float32.
        """
        wide = torch.float32 if part.device.type == "mps" else torch.float64
        mean = part.mean((2, 3), keepdim=True)
        squares = (part - mean).square_().sum((2, 3), keepdim=True)
        return cls(part.shape[-2] * part.shape[-1], mean.to(wide), squares.to(wide))

    def __add__(self, other: Moments) -> Moments:  # type: ignore[override]
        """Of the cells of both. Source: Chan, Golub, LeVeque 1979, eq. 2.1."""
        cells, step = self.cells + other.cells, other.mean - self.mean
        squares = self.squares + other.squares + step.square() * (self.cells * other.cells / cells)
        return Moments(cells, self.mean + step * (other.cells / cells), squares)

    @property
    def statistics(self) -> Statistics:
        return Statistics(self.mean, self.squares / self.cells)
