"""What to see where a picture is transparent."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from brushwork.types import Feature, Image

_WHITE = 1.0


def composite_over_inpainted(image: Image, alpha: Feature) -> Image:
    """The picture over a smooth continuation of its own visible colors: α c + (1-α) s.

    The color c under α = 0 means nothing and is often black or noise; white would draw an outline that is not in the
    picture. s is filled in from what is visible around, the nearer the more. White where nothing is visible at all.

    Source: the pull-push pyramid of Gortler et al. 1996, The lumigraph, section 3.4.
    """
    return _continued(image * alpha, alpha).clamp(0, 1)


def _continued(weighted: Tensor, weight: Tensor) -> Tensor:
    """Colors known with a weight in [0, 1], and from the next coarser level as far as that falls short of 1."""
    if weight.min() >= 1:
        return weighted
    if max(weight.shape[-2:]) == 1:
        return weighted + (1 - weight) * _WHITE if weight.max() == 0 else weighted / weight
    coarse = _continued(*_halved(weighted, weight))
    below = F.interpolate(coarse, weight.shape[-2:], mode="bilinear", align_corners=False)
    return torch.addcmul(weighted, 1 - weight, below)


def _halved(weighted: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Sums over 2×2 pixels; a weight above 1 counts as 1, so that a thin line is not lost in what it borders on."""
    odd = (0, weight.shape[-1] % 2, 0, weight.shape[-2] % 2)
    colors, known = (4 * F.avg_pool2d(F.pad(plane, odd), 2) for plane in (weighted, weight))
    return colors / known.clamp(min=1), known.clamp(max=1)
