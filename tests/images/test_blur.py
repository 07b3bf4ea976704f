"""Gaussian blur, against scipy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from brushwork.images.blur import gaussian_blur, kernel_radius
from tolerances import DOUBLE

IMAGE = torch.rand(2, 3, 17, 23, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
SCIPY = {"reflect": "mirror", "symmetric": "reflect", "replicate": "nearest", "zeros": "constant"}
RADII = [(0.8, 2), (1.5, 5), (2.0, kernel_radius(2.0))]


def blurred(std, radius, mode):
    """Scipy's result, plane by plane."""
    return np.array([[gaussian_filter(plane, std, radius=radius, mode=mode) for plane in one] for one in IMAGE.numpy()])


@pytest.mark.parametrize("border", sorted(SCIPY))
@pytest.mark.parametrize(("std", "radius"), RADII)
def test_it_is_scipys(std, radius, border):
    found = gaussian_blur(IMAGE, std, radius, border)
    np.testing.assert_allclose(found.numpy(), blurred(std, radius, SCIPY[border]), rtol=DOUBLE)


def test_without_a_border_only_full_windows_are_left():
    found = gaussian_blur(IMAGE, 1.5, 5, None)
    inside = blurred(1.5, 5, "nearest")[..., 5:-5, 5:-5]
    np.testing.assert_allclose(found.numpy(), inside, rtol=DOUBLE)


def test_a_kernel_ends_at_three_deviations():
    assert [kernel_radius(std) for std in (0.5, 1.0, 1.1)] == [2, 3, 4]
