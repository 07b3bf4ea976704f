"""Coarse to fine: the sizes of the levels, their shares of the work, and the way from one to the next."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import inf
from typing import TypeAlias

from torch import Tensor

from brushwork.errors import InputError
from brushwork.optimize.optimizer import Optimizer
from brushwork.optimize.oracle import Canvas
from brushwork.picture.resample import resize as resize_picture
from brushwork.picture.window import Size
from brushwork.types import Image

Resize: TypeAlias = Callable[[Tensor, Size], Tensor]


def levels(size: Size, *, coarsest: int, factor: float = 2.0, count: int | None = None) -> list[Size]:
    """The sizes from coarse to fine, each `factor` times the one before; the last is `size`.

    No level but the last has a short side under `coarsest` pixels, and there are `count` levels at most.

    Raises: InputError: an option out of range.
    """
    if not 1 < factor < inf:
        raise InputError(f"the factor between the levels is {factor}: give a number above 1; 2 is usual.")
    if coarsest < 1 or (count is not None and count < 1):
        raise InputError(f"{count} levels down to {coarsest} pixels were asked for: both must be 1 or more.")
    sizes = [size]
    while count is None or len(sizes) < count:
        smaller = Size(*(round(side / factor ** len(sizes)) for side in size))
        if min(smaller) < coarsest:
            break
        sizes.append(smaller)
    return sizes[::-1]


def shares(steps: int, count: int, *, falloff: float = 1.0) -> list[int]:
    """How many of `steps` closures each of `count` levels may spend, each `falloff` times the one before.

    Raises: InputError: fewer steps than levels, or a falloff that is not positive.
    """
    if not 0 < falloff < inf:
        raise InputError(f"the falloff between the levels is {falloff}: give a positive number; 1 shares alike.")
    if not 1 <= count <= steps:
        raise InputError(f"{steps} steps cannot be shared by {count} levels: give each of them 1 step or more.")
    weights = [falloff**level for level in range(count)]
    # Rounding the running sums keeps the total. One step each is given beforehand.
    ends = [round((steps - count) * sum(weights[:level]) / sum(weights)) for level in range(count + 1)]
    return [1 + after - before for before, after in pairwise(ends)]


def climb(
    canvas: Canvas,
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
    return canvas.point(resize(image, size))
