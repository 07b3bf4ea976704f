"""MRF loss: compares each patch of features with its nearest style patch."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.geometry import Size, Window
from brushwork.losses.moments import as_float32
from brushwork.losses.patch_matching import PatchGrid, PatchMatch, match_patches
from brushwork.losses.style_loss import Norms, StyleLossSpec, StyleTarget, register_loss
from brushwork.types import Feature, PerImage, Summary

_PATCH = 3
"""Side of a patch in positions, as in Li & Wand."""


@dataclass(frozen=True)
class MRFLoss:
    """Loss between feature patches and their nearest style patches, scale · Σ_p ‖Ψ_p − Ψ*_NN(p)‖².

    The sum runs over the patches Ψ that lie fully in the map, every `stride` positions.
    NN(p) = argmax_q ⟨Ψ_p, Ψ*_q⟩/‖Ψ*_q‖, normalized cross-correlation with the patches of all targets. The gradient
    treats it as a constant. A patch belongs to the window that contains its center, so sums over windows can be added.

    Source: Li & Wand, 1601.04589, eq. 2 and 3 (relu3_1 and relu4_1, patches of 3×3; stride 1, in the program 2).
    Differs: this is the gradient of the sum; the program averages the differences of overlapping patches.

    Raises: InputError: a stride below 1, no style image, or a map smaller than a patch.
    """

    layer: str
    targets: tuple[Feature, ...] = field(repr=False)
    """Features of the style image, and of its rotated and scaled copies; their sizes may differ."""
    scale: float
    stride: int = 1
    """Distance from one patch to the next, in positions, both in the image and in the style image."""
    halo: int = 1
    """Half-size of a patch: 1 is 3×3."""

    def __post_init__(self) -> None:
        if self.stride < 1 or not self.targets:
            raise InputError(
                f"the patches loss needs a stride of 1 or more (given: {self.stride}) and at least one target."
            )
        for target in self.targets:
            self._check(Size.of(target), "style image's")

    def summarize(self, feature: Feature, window: Window) -> Summary:
        self._check(window.full_size, "optimized image's")
        own = as_float32(feature)
        seen = self._patches(window)
        if seen is None:
            return {"square": own.flatten(1).sum(-1) * 0}
        return {"square": torch.stack([self._one(image, seen) for image in own])}

    def score(self, summary: Summary) -> PerImage:
        return self.scale * summary["square"]

    def _patches(self, window: Window) -> tuple[slice, slice] | None:
        """Return the positions of the patches centered in the window, or None if there are none.

        Positions are relative to the expanded window.
        """
        grown = window.expand(self.halo)
        rows = self._along(window.top, window.bottom, window.full_size.height)
        columns = self._along(window.left, window.right, window.full_size.width)
        if rows is None or columns is None:
            return None
        (top, bottom), (left, right) = rows, columns
        return slice(top - grown.top, bottom - grown.top), slice(left - grown.left, right - grown.left)

    def _along(self, start: int, end: int, length: int) -> tuple[int, int] | None:
        """Return the first position and the end of the patches whose centers lie in start … end, along one axis."""
        first = -(-max(0, start - self.halo) // self.stride) * self.stride
        last = min(end - 1 - self.halo, length - self._grid.side) // self.stride * self.stride
        return (first, last + self._grid.side) if last >= first else None

    def _one(self, image: Tensor, seen: tuple[slice, slice]) -> Tensor:
        """Compute Σ ‖Ψ_p − Ψ*_NN(p)‖² of one image.

        This equals Σ_x n(x) ‖f(x) − m(x)‖² plus a constant. Here n(x) is the number of nearest patches that cover
        position x, and m(x) is the mean of their values there.
        """
        rows, columns = seen
        own = image[:, rows, columns]
        with torch.no_grad():
            styles = [as_float32(target).to(own)[0] for target in self.targets]
            match = match_patches(own, styles, self._grid)
            target, number, rest = _nearest_values(own, styles, match, self._grid)
        return ((own - target).square() * number).sum() + rest

    @property
    def _grid(self) -> PatchGrid:
        return PatchGrid(2 * self.halo + 1, self.stride)

    def _check(self, size: Size, whose: str) -> None:
        if min(size) < self._grid.side:
            side = self._grid.side
            raise InputError(
                f"patches of {side}×{side} positions do not fit into the {whose} map of {size}: use a larger one."
            )


def _nearest_values(
    own: Tensor, styles: list[Tensor], match: PatchMatch, grid: PatchGrid
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the mean and number of the nearest patches' values at each position, and a constant.

    The constant is Σ_x n(x)·(variance at x).
    """
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


def _make(target: StyleTarget, norms: Norms) -> MRFLoss:
    """Return the loss as a mean over the optimized image's patches and over the positions of a patch."""
    height, width = target.map_size
    patches = max(1, height - _PATCH + 1) * max(1, width - _PATCH + 1)
    norm = norms.mean_std_norm(target.statistics) / (_PATCH**2 * patches)
    return MRFLoss(target.layer, tuple(target.features), norm)


register_loss(
    StyleLossSpec(
        name="patches",
        help="nearest patches; slow at shallow layers: use conv3_1 conv4_1",
        make=_make,
        is_blended=False,
        balance=0.04,  # nearest patches are never matched exactly
    )
)
