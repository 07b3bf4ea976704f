"""Nearest patches: every patch of the picture should be one of the painting's."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.picture.window import Size, Window
from brushwork.terms.matching import PatchMatch, PatchPositions, match_patches
from brushwork.terms.moments import as_float32
from brushwork.types import Feature, PerImage, Summary


@dataclass(frozen=True)
class MRFLoss:
    """norm · Σ_p ‖Ψ_p − Ψ*_NN(p)‖² over the patches Ψ that lie wholly in the map, every `stride` cells.

    NN(p) = argmax_q ⟨Ψ_p, Ψ*_q⟩/‖Ψ*_q‖, normalized cross-correlation with the patches of all targets; held fixed in
    the gradient. A patch belongs to its middle: sums over windows add up.

    Source: Li & Wand, 1601.04589, eq. 2 and 3 (relu3_1 and relu4_1, patches of 3×3; stride 1, in the program 2).
    Differs: the gradient is that of the sum; the program averages the differences of overlapping patches.

    Raises: InputError: a stride below 1, no painting, or a map smaller than a patch.
    """

    layer: str
    targets: tuple[Feature, ...] = field(repr=False)
    """The painting's features; turned and scaled copies of it are more targets, of any size."""
    scale: float
    stride: int = 1
    """Cells between patches, in the picture and in the painting."""
    halo: int = 1
    """Half-size of a patch: 1 is 3×3."""

    def __post_init__(self) -> None:
        if self.stride < 1 or not self.targets:
            raise InputError(f"nearest patches want a stride of 1 or more (given: {self.stride}) and a painting.")
        for target in self.targets:
            self._check(Size.of(target), "painting's")

    def summarize(self, feature: Feature, window: Window) -> Summary:
        self._check(window.full_size, "picture's")
        own = as_float32(feature)
        seen = self._patches(window)
        if seen is None:
            return {"square": own.flatten(1).sum(-1) * 0}
        return {"square": torch.stack([self._one(image, seen) for image in own])}

    def score(self, summary: Summary) -> PerImage:
        return self.scale * summary["square"]

    def _patches(self, window: Window) -> tuple[slice, slice] | None:
        """The cells of the patches whose middle is in the window, counted in the grown window; None: no patches."""
        grown = window.expand(self.halo)
        rows = self._along(window.top, window.bottom, window.full_size.height)
        columns = self._along(window.left, window.right, window.full_size.width)
        if rows is None or columns is None:
            return None
        (top, bottom), (left, right) = rows, columns
        return slice(top - grown.top, bottom - grown.top), slice(left - grown.left, right - grown.left)

    def _along(self, start: int, end: int, length: int) -> tuple[int, int] | None:
        """First and last cell of the patches with their middle in start … end, along one axis."""
        first = -(-max(0, start - self.halo) // self.stride) * self.stride
        last = min(end - 1 - self.halo, length - self._grid.side) // self.stride * self.stride
        return (first, last + self._grid.side) if last >= first else None

    def _one(self, image: Tensor, seen: tuple[slice, slice]) -> Tensor:
        """Σ ‖Ψ_p − Ψ*_NN(p)‖² of one picture = Σ_x n(x) ‖f(x) − m(x)‖² + a rest that does not change.

        m(x) is the mean, and n(x) the number, of what the nearest patches want at the cell x.
        """
        rows, columns = seen
        own = image[:, rows, columns]
        with torch.no_grad():
            styles = [as_float32(target).to(own)[0] for target in self.targets]
            match = match_patches(own, styles, self._grid)
            wanted, number, rest = _wanted(own, styles, match, self._grid)
        return ((own - wanted).square() * number).sum() + rest

    @property
    def _grid(self) -> PatchPositions:
        return PatchPositions(2 * self.halo + 1, self.stride)

    def _check(self, size: Size, whose: str) -> None:
        if min(size) < self._grid.side:
            side = self._grid.side
            raise InputError(
                f"patches of {side}×{side} cells do not fit into the {whose} map of {size}: use a larger one."
            )


def _wanted(
    own: Tensor, styles: list[Tensor], match: PatchMatch, grid: PatchPositions
) -> tuple[Tensor, Tensor, Tensor]:
    """What the nearest patches want: the mean at each cell, their number there, and Σ_x n(x)·(variance at x)."""
    positions = torch.cat([style.flatten(1) for style in styles], dim=1)
    total, square, number = torch.zeros_like(own), own.new_zeros(own.shape[1:]), own.new_zeros(own.shape[1:])
    for down, right in product(range(grid.side), repeat=2):
        wish = positions[:, match.first + down * match.width + right]
        rows, columns = (
            slice(start, start + (count - 1) * grid.stride + 1, grid.stride)
            for start, count in zip((down, right), match.first.shape, strict=True)
        )
        total[:, rows, columns] += wish
        square[rows, columns] += wish.square().sum(0)
        number[rows, columns] += 1
    mean = total / number.clamp_min(1)
    return mean, number, (square - number * mean.square().sum(0)).sum()
