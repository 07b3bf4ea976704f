"""Parametrizations: the numbers to optimize, and the image that they represent."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.types import Image


@dataclass(frozen=True)
class PixelParametrization:
    """Pixels as parameters, point = image · unit.

    Raises: InputError: a unit that is not positive, or an empty box.

    Source: Gatys et al. 2015 (texture synthesis) for the box, the range of the source's values.
    """

    unit: float = 1.0
    """Length of the interval [0, 1] in the optimizer's numbers.

    The published programs use 0 to 255, which affects L-BFGS's first step and Adam's learning rate.
    """

    limits: tuple[float, float] | None = None
    """Lower and upper bound of every pixel, in image units. None: no bounds."""

    def __post_init__(self) -> None:
        if not (isfinite(self.unit) and self.unit > 0):
            raise InputError(f"the unit is {self.unit}: give a positive number, such as 1 or 255.")
        if self.limits is not None and not self.limits[0] < self.limits[1]:
            raise InputError(f"the bounds are {self.limits}: give the lower bound first, then a higher one.")

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The bounds in the optimizer's numbers."""
        return None if self.limits is None else (self.limits[0] * self.unit, self.limits[1] * self.unit)

    def to_image(self, point: Tensor) -> Image:
        """Return the image that the numbers represent; differentiable."""
        return point if self.unit == 1 else point / self.unit

    def to_point(self, image: Image) -> Tensor:
        """Return the numbers that represent an image, clamped to the bounds."""
        point = image if self.unit == 1 else image * self.unit
        return point if self.bounds is None else point.clamp(*self.bounds)


@dataclass(frozen=True)
class SphereParametrization:
    """Images on a sphere, image = gray + std · √n · point/‖point‖ over the n values of each image.

    This bounds objectives without a maximum, such as an entry of a Gram matrix, without bounding the pixels. Values may
    leave [0, 1].

    Raises: InputError: a `std` that is not positive.
    """

    std: float = 0.25
    """Root mean square of the values relative to gray, with white = 1."""
    gray: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.std < float("inf"):
            raise InputError(
                f"the standard deviation on the sphere is {self.std}: give a positive number, such as 0.25."
            )

    @property
    def bounds(self) -> None:
        """None, since entries are not bounded."""

    def to_image(self, point: Tensor) -> Image:
        """Return the image in the direction of the numbers; differentiable."""
        values = point.flatten(1)
        lengths = torch.linalg.vector_norm(values, dim=1).clamp_min(torch.finfo(point.dtype).eps)
        image: Image = self.gray + point * (self.std * sqrt(values.shape[1]) / lengths).view(-1, 1, 1, 1)
        return image

    def to_point(self, image: Image) -> Tensor:
        """Return the difference between the image and gray."""
        return image - self.gray


@runtime_checkable
class Parametrization(Protocol):
    """Mapping between the optimizer's numbers (the point) and the image."""

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Lower and upper bound of every entry; None: no bounds."""

    def to_image(self, point: Tensor) -> Image:
        """Return the image that the numbers represent; differentiable."""

    def to_point(self, image: Image) -> Tensor:
        """Return the numbers that represent a starting image; the inverse of `to_image`."""
