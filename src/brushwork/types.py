"""The words that every room uses for its data.

Shapes stand in the annotations; a test run checks them in the rooms that compute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from jaxtyping import Float
from torch import Tensor

Image: TypeAlias = Float[Tensor, "_ 3 _ _"]
"""Display-referred sRGB in [0, 1], batch first."""

Feature: TypeAlias = Float[Tensor, "_ _ _ _"]
"""What a network's layer says at every cell: batch, channels, rows, columns."""

Features: TypeAlias = Mapping[str, Feature]
"""Tap → feature. The tap `pixels` is the picture itself."""

Mask: TypeAlias = Float[Tensor, "_ _ _"]
"""Weights in [0, 1] at image resolution, one map for each region."""

Guides: TypeAlias = Float[Tensor, "_ _ _"]
"""Weights of a feature map's cells, one map for each region; any real numbers."""

PerImage: TypeAlias = Float[Tensor, "_"]
"""One number for each picture of the batch."""

Scalar: TypeAlias = Float[Tensor, ""]

Summary: TypeAlias = Mapping[str, Tensor]
"""Named sums over positions. Each keeps the batch axis first. Summaries of disjoint windows add up, entry by entry."""

Summaries: TypeAlias = Mapping[str, Summary]
"""The summaries of an objective's terms, by their names."""

State: TypeAlias = dict[str, Tensor]
"""What an optimizer remembers, flat and ready for safetensors."""


class LossValues(NamedTuple):
    """The value of an objective at a picture: the weighted terms by name, and their sum (batch summed)."""

    total: Scalar
    terms: Mapping[str, Scalar]


Evaluate: TypeAlias = Callable[[Image], LossValues]
"""The losses at a picture, a leaf; adds their gradient into `image.grad`."""
