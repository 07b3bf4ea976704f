"""Transfer curves and weights, against known values."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from brushwork.images import linear_to_srgb, luma, rgb_to_yiq, srgb_to_linear, yiq_to_rgb
from tolerances import DOUBLE


def pixel(*values):
    return torch.tensor(values, dtype=torch.float64).reshape(1, 3, 1, 1)


# display value → light, to 6 digits: IEC 61966-2-1; the first two lie on the line, 0.04045 at its end
CURVE = {0.0: 0.0, 0.02: 0.001548, 0.04045: 0.003131, 0.2: 0.033105, 0.5: 0.214041, 0.8: 0.603827, 1.0: 1.0}


@pytest.mark.parametrize(("srgb", "linear"), CURVE.items())
def test_transfer_curve(srgb, linear):
    assert srgb_to_linear(torch.tensor(srgb)).item() == pytest.approx(linear, abs=1e-6)
    assert linear_to_srgb(torch.tensor(linear)).item() == pytest.approx(srgb, abs=2e-5)


def test_the_curves_are_inverses_beyond_the_range_too():
    values = torch.linspace(-0.5, 2, 1001, dtype=torch.float64)
    # The constants of the two pieces of the curve meet to six digits.
    assert torch.allclose(linear_to_srgb(srgb_to_linear(values)), values, atol=1e-6)


@pytest.mark.parametrize("curve", [srgb_to_linear, linear_to_srgb])
def test_gradients_are_finite_and_right(curve):
    values = torch.tensor([-0.2, 0.0, 0.001, 0.02, 0.3, 1.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(curve, values)
    curve(torch.zeros(3, requires_grad=True)).sum().backward()


def test_luma_is_of_display_values():
    assert luma(pixel(0.5, 0.5, 0.5)).item() == pytest.approx(0.5)
    assert luma(pixel(1, 0, 0)).item() == pytest.approx(0.299)
    assert luma(pixel(0, 0, 1)).item() == pytest.approx(0.114)
    assert luma(torch.rand(2, 3, 4, 5)).shape == (2, 1, 4, 5)


# The matrix as usually printed, to 3 digits (FCC 47 CFR 73.682 rounds it so).
YIQ = {(1, 0, 0): (0.299, 0.596, 0.212), (0, 1, 0): (0.587, -0.275, -0.523), (0, 0, 1): (0.114, -0.321, 0.311)}


@pytest.mark.parametrize(("rgb", "yiq"), YIQ.items())
def test_yiq(rgb, yiq):
    assert rgb_to_yiq(pixel(*rgb)).flatten().tolist() == pytest.approx(yiq, abs=6e-4)
    assert yiq_to_rgb(rgb_to_yiq(pixel(*rgb))).flatten().tolist() == pytest.approx(rgb, abs=DOUBLE)


@given(st.integers(0, 2**32))
def test_luma_is_the_first_of_yiq_and_gray_has_no_difference(seed):
    image = torch.rand(1, 3, 4, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    assert torch.allclose(rgb_to_yiq(image)[:, :1], luma(image))
    gray = luma(image).expand(-1, 3, -1, -1)
    assert rgb_to_yiq(gray)[:, 1:].abs().max() < DOUBLE
