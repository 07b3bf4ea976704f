"""Alpha, and what is painted under it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from brushwork.images import read_image
from brushwork.images.loaded import composite_over_inpainted


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif"])
def test_alpha_is_carried(save, colors, name):
    alpha = np.linspace(0, 255, 24 * 36).round().astype(np.uint8).reshape(24, 36)
    options = {"lossless": True, "exact": True} if name == "a.webp" else {}
    picture = read_image(save(np.dstack([colors, alpha]), name, **options))
    assert np.array_equal((picture.alpha[0, 0] * 255).round().numpy(), alpha)


def test_full_alpha_is_no_alpha(save, colors):
    path = save(np.dstack([colors, np.full((24, 36), 255, np.uint8)]), "a.png")
    assert read_image(path).alpha is None


def test_gray_with_alpha(save):
    picture = read_image(save(Image.new("LA", (5, 4), (90, 51)), "a.png"))
    assert picture.alpha.unique().item() == pytest.approx(0.2)
    assert (picture.image * 255).round().unique().tolist() == [90]


def with_palette():
    indices = Image.new("PA", (5, 4), (1, 51))
    indices.putpalette([0, 0, 0, 90, 90, 90])
    return indices


@pytest.mark.parametrize(
    "layered",
    [
        Image.new("RGBA", (5, 4), (90, 90, 90, 51)).convert("RGBa"),
        Image.new("LA", (5, 4), (90, 51)).convert("La"),
        with_palette(),
    ],
    ids=lambda layered: layered.mode,
)
def test_premultiplied_and_palette_modes(layered):
    picture = read_image(layered)
    assert picture.alpha.unique().item() == pytest.approx(0.2)
    assert picture.image.mean().item() == pytest.approx(90 / 255, abs=0.01)


@pytest.mark.parametrize("name", ["a.png", "a.gif"])
def test_palettes_with_a_clear_color(save, name):
    given = Image.new("P", (6, 4), 0)
    given.putpalette([0, 0, 0, 200, 100, 50])
    given.paste(1, (3, 0, 6, 4))
    picture = read_image(save(given, name, transparency=0))
    assert picture.alpha[0, 0, 0].tolist() == [0, 0, 0, 1, 1, 1]
    assert (picture.image[0, :, 0, 0] * 255).round().tolist() == [200, 100, 50]  # not the palette's black


def test_palettes_with_many_alphas(save):
    given = Image.new("P", (2, 1), 0)
    given.putpalette([255, 0, 0, 255, 0, 0])
    given.putpixel((1, 0), 1)
    picture = read_image(save(given, "a.png", transparency=bytes((100, 200))))
    assert (picture.alpha[0, 0, 0] * 255).round().tolist() == [100, 200]


@pytest.mark.parametrize(("mode", "clear", "seen"), [("RGB", (1, 2, 3), (9, 9, 9)), ("L", 7, 9), ("1", 0, 1)])
def test_one_clear_color_without_a_palette(save, mode, clear, seen):
    given = Image.new(mode, (4, 1), clear)
    given.putpixel((3, 0), seen)
    assert read_image(save(given, "a.png", transparency=clear)).alpha[0, 0, 0].tolist() == [0, 0, 0, 1]


def test_what_a_file_hides_is_not_painted():
    """Two colors with noise under the clear part between them: it becomes a smooth way from one to the other."""
    image, alpha = torch.rand(1, 3, 64, 64), torch.zeros(1, 1, 64, 64)
    image[..., :16], image[..., 48:] = 0.2, 0.8
    alpha[..., :16], alpha[..., 48:] = 1, 1
    under = composite_over_inpainted(image, alpha)
    assert torch.equal(under[..., :16], image[..., :16])
    assert torch.equal(under[..., 48:], image[..., 48:])
    between = under[..., 16:48].mean((0, 1, 2))
    assert 0.2 <= between.min() <= between.max() <= 0.8 + 1e-6
    steps = between.diff()
    assert steps.min() > -1e-3
    assert steps.max() < 0.15  # no edge: the whole difference is 0.6


def test_half_visible_colors_lie_over_their_surroundings():
    image, alpha = torch.full((1, 3, 8, 8), 0.5), torch.ones(1, 1, 8, 8)
    image[..., 4, 4], alpha[..., 4, 4] = 1.0, 0.25
    surroundings = composite_over_inpainted(image, alpha)[0, 0, 4, 4].item()
    assert 0.25 + 0.75 * 0.5 <= surroundings < 0.8


@pytest.mark.parametrize("size", [(1, 1), (7, 5)])
def test_nothing_visible_at_all_is_white_and_said(size):
    picture = read_image(np.zeros((*size, 4), np.uint8))
    assert torch.allclose(picture.image, torch.tensor(1.0))
    assert torch.all(picture.alpha == 0)
    assert picture.notes == ("fully transparent: read as white",)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32), st.floats(0.05, 1))
def test_one_color_stays_one_color(height, width, seed, share):
    """Law: whatever is visible of a picture of one color, it is continued by that color."""
    generator = torch.Generator().manual_seed(seed)
    alpha = torch.rand(1, 1, height, width, generator=generator)
    alpha = torch.where(torch.rand(alpha.shape, generator=generator) < share, alpha, 0)
    alpha[..., 0, 0] = 0.5
    hidden = torch.rand(1, 3, height, width, generator=generator)
    image = torch.where(alpha > 0, 0.3, hidden)
    assert torch.allclose(composite_over_inpainted(image, alpha), torch.tensor(0.3), atol=1e-5)
