"""Sizes by headers."""

from __future__ import annotations

import os

import pytest
import torch
from PIL import Image

from brushwork.errors import InputError
from brushwork.images import image_size, read_image
from brushwork.images.read import read_header_size


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp"])
def test_the_header_has_the_size_that_is_read(save, colors, name, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(colors, name, exif=exif)
    assert read_header_size(path) == read_image(path).size == image_size(path)


@pytest.mark.parametrize("name", ["a.bmp", "a.gif", "a.ppm", "a.tga"])
def test_other_kinds(save, colors, name):
    path = save(colors, name)
    assert read_header_size(path) == (24, 36)


def test_deep_pictures(save_deep, deep_colors):
    for name in ("a.png", "a.tif"):
        assert read_header_size(save_deep(deep_colors, name, "rgb16")) == (24, 36)


def test_what_headers_do_not_hold_is_read(save_deep, deep_colors, tmp_path):
    path = save_deep((deep_colors / 65535).astype("float32"), "a.tif", "srgb")
    assert image_size(path) == (24, 36)
    (tmp_path / "text.png").write_text("no picture")
    assert read_header_size(tmp_path / "text.png") is None
    with pytest.raises(InputError, match=r"text\.png is not a picture"):
        image_size(tmp_path / "text.png")


def test_refusals(save, colors, tmp_path):
    path = save(colors, "a.png")
    with pytest.raises(InputError, match="limit is 800"):
        image_size(path, max_pixels=800)
    with pytest.raises(InputError, match="does not exist"):
        image_size(tmp_path / "none.png")


def test_damaged_exif_does_not_turn(save, colors):
    path = save(colors, "a.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert read_header_size(path) == read_image(path).size


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
def test_a_pipe_is_not_opened_twice(save, colors, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert read_header_size(pipe) is None


def test_the_size_of_what_is_read_is_a_size(save, colors):
    found = image_size(save(colors, "a.png"))
    assert found == torch.Size((24, 36))
    assert found.area == 24 * 36
