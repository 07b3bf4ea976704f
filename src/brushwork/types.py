"""Type aliases shared by all packages.

The annotations state the shapes, which the tests check at run time in the packages that compute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from jaxtyping import Float
from torch import Tensor

Image: TypeAlias = Float[Tensor, "_ 3 _ _"]
"""Display-referred sRGB in [0, 1], batch first."""

Feature: TypeAlias = Float[Tensor, "_ _ _ _"]
"""Feature map of one encoder layer: batch, channels, rows, columns."""

Features: TypeAlias = Mapping[str, Feature]
"""Layer name → feature map. The layer `pixels` is the image itself."""

Mask: TypeAlias = Float[Tensor, "_ _ _"]
"""Weights in [0, 1] at image resolution, one map for each region."""

Guides: TypeAlias = Float[Tensor, "_ _ _"]
"""Weights of a feature map's positions, one map for each region; any real numbers."""

PerImage: TypeAlias = Float[Tensor, "_"]
"""One number for each image of the batch."""

Scalar: TypeAlias = Float[Tensor, ""]

Summary: TypeAlias = Mapping[str, Tensor]
"""Named sums over positions, each with the batch axis first.

Summaries of disjoint windows are added entry by entry.
"""

Summaries: TypeAlias = Mapping[str, Summary]
"""The summaries of an objective's losses, by name."""

State: TypeAlias = dict[str, Tensor]
"""An optimizer's state as a flat dict, ready for safetensors."""


class LossValues(NamedTuple):
    """Value of an objective at an image: the weighted terms by name, and their sum (summed over the batch)."""

    total: Scalar
    terms: Mapping[str, Scalar]


Evaluate: TypeAlias = Callable[[Image], LossValues]
"""Function that returns the losses at an image (a leaf) and adds their gradient to `image.grad`."""
