"""The plain canvas: every pixel is a number of its own."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from torch import Tensor

from brushwork.errors import InputError
from brushwork.types import Image


@dataclass(frozen=True)
class PixelParametrization:
    """point = image · unit.

    Raises: InputError: a unit that is not positive, or an empty box.

    Source: the box is that of Gatys et al. 2015 (texture synthesis): the range of the source's values.
    """

    unit: float = 1.0
    """Length of the interval [0, 1] in the optimizer's numbers. The published programs count 0 to 255: that matters
    to the first step of L-BFGS and to Adam's learning rate."""

    limits: tuple[float, float] | None = None
    """The least and the greatest value a pixel may take, in image units. None: no bounds."""

    def __post_init__(self) -> None:
        if not (isfinite(self.unit) and self.unit > 0):
            raise InputError(f"the unit of the canvas is {self.unit}: give a positive number, 1 or 255 say.")
        if self.limits is not None and not self.limits[0] < self.limits[1]:
            raise InputError(f"the box of the canvas is {self.limits}: give the lower bound first, then a higher one.")

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The box in the optimizer's numbers."""
        return None if self.limits is None else (self.limits[0] * self.unit, self.limits[1] * self.unit)

    def to_image(self, point: Tensor) -> Image:
        """The picture that the numbers stand for; differentiable."""
        return point if self.unit == 1 else point / self.unit

    def to_point(self, image: Image) -> Tensor:
        """The numbers of a picture, brought into the box."""
        point = image if self.unit == 1 else image * self.unit
        return point if self.bounds is None else point.clamp(*self.bounds)
