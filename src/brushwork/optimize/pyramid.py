"""Coarse to fine: the way from one size to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from torch import Tensor

from brushwork.optimize.optimizer import Optimizer
from brushwork.optimize.oracle import Parametrization
from brushwork.picture.resample import resize as resize_picture
from brushwork.picture.window import Size
from brushwork.types import Image

Resize: TypeAlias = Callable[[Tensor, Size], Tensor]


def move_to_next_level(
    parametrization: Parametrization,
    optimizer: Optimizer,
    image: Image,
    size: Size,
    *,
    gradient: float | None = None,
    resize: Resize = resize_picture,
) -> Tensor:
    """Carry the optimizer's state to the next size, and return the point to go on from: the resized picture.

    `gradient` is by what factor the entries of a gradient change with the size. None: old area / new area, right for
    losses that are means over the picture; a loss that sums over pixels wants 1.
    """
    share = Size.of(image).area / size.area if gradient is None else gradient
    optimizer.rescale(lambda memory: resize(memory, size), share)
    return parametrization.to_point(resize(image, size))
