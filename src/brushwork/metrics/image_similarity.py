"""Similarity of two images: PSNR and SSIM, pixel by pixel, and the distance between their colors."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.blur import gaussian_blur
from brushwork.images.color import Plane, luma, srgb_to_oklab
from brushwork.images.geometry import Size
from brushwork.types import Image

_WINDOW, _STD = 11, 1.5  # Wang et al. 2004, section III.B
_C1, _C2 = 0.01**2, 0.03**2  # ibid., for values in [0, 1]
_BINS, _REACH = 32, 0.4
"""Bins along each chroma axis over −reach … reach, which covers all sRGB colors."""


def psnr(image: Image, reference: Image) -> float:
    """Return −10 lg(mean squared difference), in dB; infinite for equal images."""
    return float(-10 * torch.log10((image - reference).square().mean()))


def ssim(image: Image, reference: Image) -> float:
    """Return the mean structural similarity of the luma, −1 to 1.

    (2 μ_x μ_y + C₁)(2 σ_xy + C₂) / ((μ_x² + μ_y² + C₁)(σ_x² + σ_y² + C₂)), C₁ = 0.01², C₂ = 0.03², in Gaussian windows
    of 11 × 11 pixels (σ = 1.5) inside the image.

    Raises: InputError: an image is smaller than the window.
    Source: Wang, Bovik, Sheikh, Simoncelli 2004, eq. 13.
    """
    if min(Size.of(image)) < _WINDOW:
        raise InputError(f"SSIM needs {_WINDOW} pixels a side: the image is {Size.of(image)}.")
    x, y = luma(image), luma(reference)
    mean_x, mean_y = _blur(x), _blur(y)
    var_x, var_y = _covariance(x, x), _covariance(y, y)
    likeness = (2 * mean_x * mean_y + _C1) * (2 * _covariance(x, y) + _C2)
    return float((likeness / ((mean_x**2 + mean_y**2 + _C1) * (var_x + var_y + _C2))).mean())


def chroma_distance(image: Image, reference: Image) -> float:
    """Return √(1 − Σ √(p q)), the Hellinger distance of the histograms p and q of (a, b) in Oklab, 0 to 1.

    32 × 32 bins over ±0.4; each pixel is distributed over the four nearest bins (bilinearly).
    """
    overlap = (_chroma_histogram(image) * _chroma_histogram(reference)).sqrt().sum()
    return float((1 - overlap).clamp_min(0).sqrt())


def _blur(plane: Plane) -> Plane:
    """Return the Gaussian mean around every pixel whose window lies inside the image."""
    return gaussian_blur(plane, _STD, _WINDOW // 2, None)


def _covariance(x: Plane, y: Plane) -> Plane:
    """Return the covariance in every window, computed about gray so that little cancels in float32."""
    x, y = x - 0.5, y - 0.5
    return _blur(x * y) - _blur(x) * _blur(y)


def _chroma_histogram(image: Image) -> Float[Tensor, "bins"]:
    places = (srgb_to_oklab(image)[0, 1:].flatten(1) / _REACH + 1) / 2 * (_BINS - 1)
    below = places.floor().clamp(0, _BINS - 2)
    fraction = (places - below).clamp(0, 1)
    histogram = torch.zeros(_BINS * _BINS, dtype=image.dtype, device=image.device)
    for row in (0, 1):
        for column in (0, 1):
            weight = _part(fraction[0], row) * _part(fraction[1], column)
            histogram.index_add_(0, ((below[0] + row) * _BINS + below[1] + column).long(), weight)
    return histogram / histogram.sum()


def _part(fraction: Tensor, upper: int) -> Tensor:
    return fraction if upper else 1 - fraction
