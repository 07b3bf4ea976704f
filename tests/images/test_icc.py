"""Color profiles: what they mean is compared with the formula in float64."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from brushwork.images import icc, read_image
from brushwork.images.icc import make_srgb_profile

NOTE = "converted from A wide space to sRGB"


def rows(picture):
    return picture.image[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
def test_rgb_profiles_are_applied(save, colors, wide_profile, wide_to_srgb, name):
    options = {"lossless": True} if name == "a.webp" else {}
    picture = read_image(save(colors, name, icc_profile=wide_profile, **options))
    assert picture.notes == (NOTE,)
    assert np.abs(rows(picture) - wide_to_srgb(colors / 255)).max() < 3 / 255
    assert np.abs(rows(picture) - colors / 255).max() > 30 / 255  # it did matter


def test_jpeg_profiles_are_applied(save, wide_profile, wide_to_srgb):
    path = save(Image.new("RGB", (8, 8), (200, 40, 90)), "a.jpg", icc_profile=wide_profile, quality=100)
    expected = wide_to_srgb(np.array([200, 40, 90]) / 255)
    assert rows(read_image(path))[4, 4] == pytest.approx(expected, abs=4 / 255)


def test_a_pillow_image_brings_its_profile(colors, wide_profile):
    given = Image.fromarray(colors)
    given.info["icc_profile"] = wide_profile
    assert read_image(given).notes == (NOTE,)


def test_srgb_profiles_change_nothing(save, colors, srgb_made_elsewhere):
    for profile in (srgb_made_elsewhere, make_srgb_profile()):
        picture = read_image(save(colors, "a.png", icc_profile=profile))
        assert picture.notes == ()
        assert np.array_equal((rows(picture) * 255).round(), colors)


def test_our_profile_is_the_same_bytes_every_time():
    make_srgb_profile.cache_clear()
    first = make_srgb_profile()
    make_srgb_profile.cache_clear()
    assert make_srgb_profile() == first
    assert first[24:36] == b"\x07\xd0\0\1\0\1" + bytes(6)


def test_gray_profiles(save, colors, gray_profile, wide_profile, wide_to_srgb):
    gray = colors[..., 0]
    expected = wide_to_srgb(np.repeat(gray[..., None], 3, -1) / 255)
    for profile in (gray_profile, wide_profile):  # the second is for RGB, and fits gray as well
        picture = read_image(save(gray, "gray.png", icc_profile=profile))
        assert picture.notes == (NOTE,)
        assert np.abs(rows(picture) - expected).max() < 3 / 255


def test_palettes_and_alpha_pass_through_profiles(save, wide_profile, wide_to_srgb):
    expected = wide_to_srgb(np.array([200, 40, 90]) / 255)
    palette = Image.new("RGB", (8, 8), (200, 40, 90)).convert("P", palette=Image.Palette.ADAPTIVE)
    layered = Image.new("RGBA", (8, 8), (200, 40, 90, 100))
    for given in (palette, layered):
        picture = read_image(save(given, "a.png", icc_profile=wide_profile))
        assert rows(picture)[4, 4] == pytest.approx(expected, abs=3 / 255)
    assert picture.alpha.unique().item() == pytest.approx(100 / 255)


def test_damaged_profiles_are_said(save, colors, wide_profile):
    for profile in (b"no profile at all", wide_profile[:150], wide_profile[:40] + bytes(200)):
        picture = read_image(save(colors, "a.png", icc_profile=profile))
        assert picture.notes == ("its color profile is damaged: ignored",)
        assert np.array_equal((rows(picture) * 255).round(), colors)


def test_profiles_for_other_pictures_are_said(save, colors, gray_profile):
    picture = read_image(save(colors, "a.png", icc_profile=gray_profile))
    assert picture.notes == ("its color profile (A wide space) is for GRAY images, not RGB: ignored",)


def test_cmyk_profiles(save):
    pyvips = pytest.importorskip("pyvips")
    profile = bytes(pyvips.Operation.call("profile_load", "cmyk"))
    paints = np.array([[[0, 0, 0, 0], [255, 0, 0, 0], [0, 255, 255, 0], [0, 0, 0, 255]]], np.uint8)
    given = Image.frombytes("CMYK", (4, 1), paints.tobytes())
    picture = read_image(save(given, "c.tif", icc_profile=profile))
    (note,) = picture.notes
    assert note.startswith("converted from CMYK (")
    paper, cyan, red, black = rows(picture)[0]
    assert paper.min() > 0.98
    assert cyan[0] < 0.3 < 0.5 < cyan[1] < cyan[2]
    assert cyan[1] < 0.8  # printed cyan is not the screen's
    assert red[0] > 0.8 > 0.4 > red[1:].max()
    assert black.max() < 0.2


def test_a_profile_is_read_once_for_the_pictures_of_a_folder(wide_profile, gray_profile, monkeypatch):
    made, make = [], icc._transform
    monkeypatch.setattr(icc, "_transform", lambda profile, mode: made.append(mode) or make(profile, mode))
    icc.find_conversion.cache_clear()
    once = icc.find_conversion(wide_profile, "RGB")
    assert icc.find_conversion(bytes(bytearray(wide_profile)), "RGB") is once
    assert icc.find_conversion(gray_profile, "L").mode == "L"
    assert made == ["RGB", "L"]
