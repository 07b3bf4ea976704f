"""What is held of large pictures that are wanted smaller."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from brushwork.images import image_size, read_image, write_image
from brushwork.images.geometry import LARGE_IMAGE_PIXELS, Size
from brushwork.images.resample import block_means, choose_divisor, divided_size

SIDES = st.integers(1, 30_000)


@given(SIDES, SIDES, SIDES, SIDES)
def test_twice_what_is_enough_is_kept(height, width, enough_height, enough_width):
    size, enough = Size(height, width), Size(enough_height, enough_width)
    divisor = choose_divisor(size, enough)
    held = divided_size(size, divisor)
    if size.area <= LARGE_IMAGE_PIXELS or divisor == 1:
        assert held == size
    else:
        assert held.height >= 2 * enough.height
        assert held.width >= 2 * enough.width
        assert choose_divisor(held, enough) == 1


def test_a_large_image_that_is_wanted_as_a_whole_is_kept():
    assert choose_divisor(Size(20_000, 20_000), None) == 1
    assert choose_divisor(Size(20_000, 20_000), Size(20_000, 20_000)) == 1
    assert choose_divisor(Size(20_000, 20_000), Size(1000, 2000)) == 5


def test_means_of_blocks():
    image = torch.tensor([[[[1.0, 3.0, 5.0], [5.0, 7.0, 7.0], [2.0, 4.0, 9.0]]]])
    assert block_means(image, 2).tolist() == [[[[4.0, 6.0], [3.0, 9.0]]]]
    assert block_means(image, 1) is image


@pytest.fixture(params=["with pyvips", "without"])
def every_image_is_large(request, monkeypatch):
    if request.param == "without":
        request.getfixturevalue("no_vips")
    else:
        pytest.importorskip("pyvips")
    for module in ("read", "resample"):
        monkeypatch.setattr(f"brushwork.images.{module}.LARGE_IMAGE_PIXELS", 0)


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_reading_reduces_alike_with_and_without_pyvips(every_image_is_large, tmp_path, image, name, alpha):
    coverage = torch.ones(1, 1, 20, 30)
    coverage[..., :4] = 0.5
    path = write_image(image, tmp_path / name, alpha=coverage if alpha else None)
    whole, found = read_image(path), read_image(path, min_size=Size(5, 3))
    assert whole.size == image.shape[-2:]
    assert found.size == image_size(path, min_size=Size(5, 3)) == (10, 15)
    assert (found.image - block_means(whole.image, 2)).abs().max() < 1e-6
    assert (found.alpha is not None) == alpha
    if alpha:
        assert torch.equal(found.alpha, block_means(whole.alpha, 2))


def test_ordinary_pictures_are_not_reduced(tmp_path, image):
    path = write_image(image, tmp_path / "a.png")
    assert read_image(path, min_size=Size(2, 2)).size == image.shape[-2:]
