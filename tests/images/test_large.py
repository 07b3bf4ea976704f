"""Parts of pictures: windows and strips are crops and rows of what is read as a whole."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from brushwork.errors import InputError
from brushwork.images import Window, read_image, write_image
from brushwork.images.files import require_vips
from brushwork.images.geometry import MAX_PIXELS, Size
from brushwork.images.large import find_large_image
from large_images import open_large_image

pytest.importorskip("pyvips")

SIZE = Size(611, 305)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Three kinds of files of the same noise, one of them in tiles, one turned."""
    folder = tmp_path_factory.mktemp("large")
    noise = torch.from_numpy(np.random.default_rng(0).random((1, 3, *SIZE), dtype=np.float32))
    turned = Image.Exif()
    turned[0x0112] = 6
    levels = (noise[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    Image.fromarray(levels.swapaxes(0, 1)[:, ::-1].copy()).save(folder / "turned.jpg", exif=turned)
    write_image(noise, folder / "tiled.tif", pyramid=True, bits=16)
    write_image(noise, folder / "plain.png")
    return {path.name: (open_large_image(path), read_image(path)) for path in folder.iterdir()}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_need_not_be_utf8(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    write_image(torch.rand(1, 3, 8, 9), path)
    assert torch.equal(open_large_image(path).read().image, read_image(path).image)
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="caf"):
        open_large_image(path)


@st.composite
def windows(draw, size=SIZE):
    top, left = draw(st.integers(0, size.height - 1)), draw(st.integers(0, size.width - 1))
    height, width = draw(st.integers(1, size.height - top)), draw(st.integers(1, size.width - left))
    return Window(top, left, height, width, size)


@settings(max_examples=20, deadline=None)
@given(part=windows(), name=st.sampled_from(["turned.jpg", "tiled.tif", "plain.png"]))
def test_a_window_is_a_crop_of_the_whole(files, part, name):
    large_image, picture = files[name]
    assert large_image.size == SIZE
    assert torch.equal(large_image.read_window(part), part.crop(picture.image))


@pytest.mark.parametrize("name", ["turned.jpg", "tiled.tif", "plain.png"])
def test_strips_add_up_to_the_whole(files, name, monkeypatch):
    monkeypatch.setattr("brushwork.images.geometry._STRIP", 50 * SIZE.width)
    large_image, picture = files[name]
    found = large_image.read()
    assert torch.equal(found.image, picture.image)
    assert (found.bits, found.notes, found.name, found.size) == (picture.bits, picture.notes, name, large_image.size)


@pytest.mark.parametrize("divisor", [7, 32, 300])
def test_a_reduced_picture_is_the_means_of_blocks(files, divisor, monkeypatch):
    monkeypatch.setattr("brushwork.images.geometry._STRIP", 50 * SIZE.width)
    large_image, picture = files["plain.png"]
    rows, columns = (range(0, side, divisor) for side in SIZE)
    expected = [
        [picture.image[0, :, row : row + divisor, column : column + divisor].mean((1, 2)) for column in columns]
        for row in rows
    ]
    found = large_image.read(divisor).image[0].permute(1, 2, 0)
    assert (found - torch.stack([torch.stack(row) for row in expected])).abs().max() < 1e-5


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation(save, colors, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(colors, "a.png", exif=exif)
    expected = read_image(path).image
    large_image = open_large_image(path)
    assert torch.equal(large_image.read().image, expected)
    part = Window(3, 5, 11, 9, large_image.size)
    assert torch.equal(large_image.read_window(part), part.crop(expected))


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp"])
def test_color_profiles(save, colors, wide_profile, name):
    path = save(colors, name, icc_profile=wide_profile)
    large_image, expected = open_large_image(path), read_image(path)
    assert torch.equal(large_image.read().image, expected.image)
    assert large_image.notes == expected.notes == ("converted from A wide space to sRGB",)


def test_deep_color_profiles_and_gray(save_deep, save, deep_colors, colors, wide_profile, gray_profile):
    for path in (
        save_deep(deep_colors, "a.png", "rgb16", wide_profile),
        save_deep(deep_colors[..., 0], "b.tif", "grey16"),
        save(colors[..., 0], "c.png", icc_profile=gray_profile),
        save(colors[..., 0], "d.jpg"),
    ):
        large_image, expected = open_large_image(path), read_image(path)
        assert torch.equal(large_image.read().image, expected.image)
        assert large_image.read_window(Window(1, 2, 3, 4, large_image.size)).shape == (1, 3, 3, 4)
        assert (large_image.bits, large_image.notes) == (expected.bits, expected.notes)


def test_what_can_only_be_read_as_a_whole(save, save_deep, colors, tmp_path):
    clear = np.dstack([colors, colors[..., 0]])
    paths = [
        save(clear, "a.png"),
        save(Image.fromarray(colors).convert("CMYK"), "b.jpg"),
        save_deep((colors / 255).astype(np.float32), "c.tif", "srgb"),
    ]
    for path in paths:
        assert find_large_image(require_vips("a test"), path, MAX_PIXELS) is None


def test_what_is_no_picture(tmp_path, save, colors):
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(InputError, match=r"text\.png is damaged"):
        open_large_image(tmp_path / "text.png")
    with pytest.raises(InputError, match="does not exist"):
        open_large_image(tmp_path / "none.png")
    path = save(colors, "a.png")
    with pytest.raises(InputError, match=r"864 pixels \(36×24\), and the limit is 800.*max_pixels"):
        open_large_image(path, max_pixels=800)


def test_files_that_were_cut_short(save, tmp_path, capfd):
    noise = np.random.default_rng(0).integers(0, 256, (300, 200, 3), dtype=np.uint8)
    for name in ("a.png", "a.jpg"):
        path = save(noise, name)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        large_image = open_large_image(path)
        with pytest.raises(InputError, match=f"{name} is damaged or cut short"):
            large_image.read()


def test_a_window_of_another_picture(files):
    large_image, _ = files["plain.png"]
    for part in (Window(0, 0, 5, 5, Size(5, 5)), Window(610, 0, 2, 1, SIZE), Window(0, -1, 2, 2, SIZE)):
        with pytest.raises(InputError, match=r"plain.png is 305×611 pixels, and does not contain Window"):
            large_image.read_window(part)


def test_a_file_that_was_replaced_is_read_anew(save, colors):
    open_large_image(save(colors, "a.png")).read()
    again = open_large_image(save(255 - colors, "a.png")).read()
    assert torch.equal((again.image * 255).round(), torch.from_numpy(255 - colors).permute(2, 0, 1)[None])
