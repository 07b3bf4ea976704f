"""Gaussian blur."""

from __future__ import annotations

from math import ceil

import torch
from torch.nn import functional

from brushwork.images.crop_pad import BorderMode, pad
from brushwork.types import Feature

_REACH = 3
"""Number of standard deviations beyond which a Gaussian counts as 0."""


def gaussian_blur(image: Feature, std: float, radius: int, border: BorderMode | None) -> Feature:
    """Return the image blurred by a Gaussian of 2·radius + 1 pixels a side and a standard deviation of `std` pixels.

    `border`: as for `pad`; None: only the pixels whose window lies inside the image, which leaves a smaller image.
    """
    if border is not None:
        image = pad(image, top=radius, bottom=radius, left=radius, right=radius, border=border)
    offsets = torch.arange(-radius, radius + 1, dtype=image.dtype, device=image.device)
    kernel = offsets.div(std).square().mul(-0.5).exp()
    kernel = kernel / kernel.sum()
    planes = image.flatten(0, 1)[:, None]
    across = functional.conv2d(planes, kernel.view(1, 1, 1, -1))
    blurred = functional.conv2d(across, kernel.view(1, 1, -1, 1))
    return blurred.view(*image.shape[:2], *blurred.shape[-2:])


def kernel_radius(std: float) -> int:
    """Return the radius of a Gaussian of this standard deviation, in pixels."""
    return ceil(_REACH * std)
