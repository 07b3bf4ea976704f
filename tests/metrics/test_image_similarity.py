"""PSNR, SSIM and the distance of colors against their formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from brushwork.errors import InputError
from brushwork.metrics.image_similarity import chroma_distance, psnr, ssim
from tolerances import SINGLE, rounding

NOISY = torch.rand(1, 3, 20, 24, generator=torch.Generator().manual_seed(0))
OTHER = torch.lerp(NOISY, NOISY.flip(-1), 0.3)


def defined_ssim(one, other):
    """Wang et al. 2004, window by window."""
    x, y = (np.tensordot((0.299, 0.587, 0.114), image.double().numpy()[0], axes=1) for image in (one, other))
    bell = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    weights = np.outer(bell, bell) / bell.sum() ** 2
    found = []
    for row in range(x.shape[0] - 10):
        for column in range(x.shape[1] - 10):
            a, b = (plane[row : row + 11, column : column + 11] for plane in (x, y))
            mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
            var_a, var_b = (weights * (a - mean_a) ** 2).sum(), (weights * (b - mean_b) ** 2).sum()
            both = (weights * (a - mean_a) * (b - mean_b)).sum()
            likeness = (2 * mean_a * mean_b + 1e-4) * (2 * both + 9e-4)
            found.append(likeness / ((mean_a**2 + mean_b**2 + 1e-4) * (var_a + var_b + 9e-4)))
    return np.mean(found)


def test_ssim_is_what_the_formula_says():
    assert ssim(NOISY, OTHER) == pytest.approx(defined_ssim(NOISY, OTHER), abs=10 * rounding(121))
    assert ssim(NOISY, NOISY) == pytest.approx(1, abs=10 * rounding(121))
    assert ssim(NOISY, 1 - NOISY) < 0


def test_ssim_needs_a_window():
    with pytest.raises(InputError, match="SSIM needs 11 pixels a side: the image is 24×10"):
        ssim(NOISY[..., :10, :], OTHER[..., :10, :])


def test_psnr():
    gray = torch.full((1, 3, 4, 4), 0.4)
    assert psnr(gray + 0.1, gray) == pytest.approx(20, abs=100 * SINGLE)
    assert psnr(gray, gray) == math.inf


def flat(*color):
    return torch.tensor(color).view(1, 3, 1, 1).expand(1, 3, 8, 8)


def test_chroma_is_apart_from_lightness_and_place():
    assert chroma_distance(NOISY, NOISY.flip(-1)) == pytest.approx(0, abs=1e-3)
    assert chroma_distance(flat(0.2, 0.2, 0.2), flat(0.8, 0.8, 0.8)) == pytest.approx(0, abs=1e-2)
    assert chroma_distance(flat(1.0, 0.0, 0.0), flat(0.0, 0.0, 1.0)) == pytest.approx(1)


def test_half_of_another_color_is_a_known_distance():
    """Half the pixels shared: Σ √(p q) = √½."""
    half = torch.cat([flat(1.0, 0.0, 0.0), flat(0.0, 0.0, 1.0)], dim=3)
    assert chroma_distance(half, flat(1.0, 0.0, 0.0)) == pytest.approx(math.sqrt(1 - math.sqrt(0.5)), abs=1e-5)


def test_a_slight_change_of_color_is_a_small_distance():
    slight = chroma_distance(NOISY, NOISY * 0.98)
    assert 0 < slight < chroma_distance(NOISY, NOISY.mean(1, keepdim=True).expand_as(NOISY))
