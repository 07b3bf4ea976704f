"""Color spaces: there and back, their lightness, and values from their definitions."""

from __future__ import annotations

import pytest
import torch

from brushwork.images.color import SPACES, luma, srgb_to_lab, srgb_to_oklab
from tolerances import DOUBLE

COLORS = torch.rand(1, 3, 9, 11, generator=torch.Generator().manual_seed(0)).double()
PRINTED = 1e-5
"""Matrices are printed with four to seven digits: white is white to these."""


@pytest.mark.parametrize("name", SPACES)
def test_there_and_back(name):
    space = SPACES[name]
    wide = 1.2 * COLORS - 0.1  # some beyond black and white
    assert (space.decode(space.encode(wide)) - wide).abs().max() < DOUBLE


@pytest.mark.parametrize("name", SPACES)
def test_grays_are_gray_and_lightness_is_theirs(name):
    space = SPACES[name]
    ends = torch.tensor([0.0, 1.0], dtype=torch.float64).view(1, 1, 1, 2)
    black, white = space.lightness(space.encode(ends.expand(1, 3, 1, 2))).flatten().tolist()
    assert (black, white) == pytest.approx((0, 1), abs=PRINTED)
    coordinates = space.encode(COLORS)
    gray = space.decode(space.grays_of(space.lightness(coordinates)))
    assert (gray - gray.mean(1, keepdim=True)).abs().max() < PRINTED
    assert torch.allclose(space.lightness(space.encode(gray)), space.lightness(coordinates), atol=PRINTED)


@pytest.mark.parametrize("name", [name for name, space in SPACES.items() if not space.light])
def test_other_lightness_leaves_what_is_not_lightness(name):
    space = SPACES[name]
    coordinates = space.encode(COLORS)
    lightness = space.lightness(coordinates)
    lit = space.with_lightness(coordinates, lightness.flip(-1))
    assert torch.allclose(space.lightness(lit), lightness.flip(-1), atol=DOUBLE)
    assert torch.allclose(space.with_lightness(lit, lightness), coordinates, atol=DOUBLE)


def test_light_is_multiplied_and_black_gets_no_color():
    space = SPACES["linear"]
    colors = torch.tensor([[0.6, 0.3, 0.2], [0.0, 0.0, 0.0]]).T.view(1, 3, 1, 2)
    lit = space.with_lightness(colors, torch.full((1, 1, 1, 2), 0.2))
    assert space.lightness(lit).flatten().tolist() == pytest.approx([0.2, 0.2])
    bright, black = lit[0, :, 0].T.tolist()
    assert bright[0] / bright[1] == pytest.approx(2, rel=0.05)  # light near black is added to
    assert black == pytest.approx([0.2, 0.2, 0.2])


def test_lightness_of_the_first_two_is_luma_and_luminance():
    assert torch.allclose(SPACES["srgb"].lightness(COLORS), luma(COLORS))
    linear = SPACES["linear"]
    colors = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.5, 0.5]], dtype=torch.float64).T.view(1, 3, 1, 4)
    luminance = linear.lightness(linear.encode(colors)).flatten().tolist()  # ITU-R BT.709, item 3.2
    assert luminance == pytest.approx([0.2126, 0.7152, 0.0722, 0.214041], abs=1e-6)


def test_lab_of_the_primaries():
    """Published for sRGB under D65; the standard's matrix has four decimals."""
    primaries = torch.eye(3, dtype=torch.float64).view(1, 3, 1, 3)
    red, green, blue = (100 * srgb_to_lab(primaries)[0, :, 0]).T.tolist()
    assert red == pytest.approx([53.24, 80.09, 67.20], abs=0.03)
    assert green == pytest.approx([87.73, -86.18, 83.18], abs=0.03)
    assert blue == pytest.approx([32.30, 79.19, -107.86], abs=0.03)


def test_oklab_of_white_and_red():
    """White has no color; red is (0.628, 0.225, 0.126) (Ottosson)."""
    colors = torch.tensor([[1.0, 1, 1], [1, 0, 0]], dtype=torch.float64).T.view(1, 3, 1, 2)
    white, red = srgb_to_oklab(colors)[0, :, 0].T.tolist()
    assert white == pytest.approx([1, 0, 0], abs=1e-6)
    assert red == pytest.approx([0.62796, 0.22486, 0.12585], abs=1e-4)
