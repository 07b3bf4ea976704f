"""Pictures of one contrast: the sphere about gray."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.types import Image


@dataclass(frozen=True)
class SphereParametrization:
    """image = gray + spread · √n · point/‖point‖ over the n values of each picture.

    What is maximized without bound, as an entry of a Gram matrix, is bounded so without a box. Values may leave
    [0, 1].

    Raises: InputError: a spread that is not positive.
    """

    std: float = 0.25
    """Root mean square of the values about gray, white being 1."""
    gray: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.std < float("inf"):
            raise InputError(f"the spread of the sphere is {self.std}: give a positive number, 0.25 say.")

    @property
    def bounds(self) -> None:
        """None: each number may take any value."""

    def to_image(self, point: Tensor) -> Image:
        """The picture in the direction of the numbers; differentiable."""
        values = point.flatten(1)
        lengths = torch.linalg.vector_norm(values, dim=1).clamp_min(torch.finfo(point.dtype).eps)
        image: Image = self.gray + point * (self.std * sqrt(values.shape[1]) / lengths).view(-1, 1, 1, 1)
        return image

    def to_point(self, image: Image) -> Tensor:
        """How the picture differs from gray."""
        return image - self.gray
