"""Gamma and primaries of PNG files without a profile, compared with the formulas in float64."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from brushwork.images import read_image
from brushwork.images.primaries import find_profile
from large_images import open_large_image

SRGB = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
DISPLAY_P3 = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
AFTER_HEADER = 33
BLACKS = 2 / 255
"""Where profiles of 8 bits are rounded most: the slope of the sRGB curve at black is 12.92."""


def chunk(name, body):
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")


def whole(*numbers):
    return b"".join(round(number * 100_000).to_bytes(4, "big") for number in numbers)


def gamma(value):
    return chunk(b"gAMA", whole(value))


def primaries(values):
    return chunk(b"cHRM", whole(*values))


@pytest.fixture(params=["8", "16", "gray", "gray 16"])
def write(request, colors, tmp_path, save_deep):
    """Writes a PNG file with chunks, and gives its samples in [0, 1]."""
    levels = colors if "gray" not in request.param else colors[..., 0]
    if "16" in request.param:
        interpretation = "grey16" if "gray" in request.param else "rgb16"
        content = save_deep(levels.astype(np.uint16) * 257, "a.png", interpretation).read_bytes()
    else:
        file = io.BytesIO()
        Image.fromarray(levels).save(file, "PNG")
        content = file.getvalue()

    def written(*parts):
        path = tmp_path / "a.png"
        path.write_bytes(content[:AFTER_HEADER] + b"".join(parts) + content[AFTER_HEADER:])
        return path, np.broadcast_to(levels.reshape(24, 36, -1) / 255, (24, 36, 3))

    return written


def to_srgb(light):
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def to_light(srgb):
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def xyz(values):
    """Light of the primaries to XYZ, not adapted: of two spaces with the same white."""
    white, *others = (np.array([x / y, 1, (1 - x - y) / y]) for x, y in np.reshape(values, (4, 2)))
    shape = np.array(others).T
    return shape * np.linalg.solve(shape, white)


def rows(picture):
    return picture.image[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize("value", [1.0, 1 / 1.8, 0.3])
def test_gamma_is_applied(write, value):
    path, samples = write(gamma(value))
    picture = read_image(path)
    assert picture.notes == (f"converted from gamma {round(value, 5):.5g} to sRGB",)
    assert np.abs(rows(picture) - to_srgb(samples ** (1 / round(value, 5)))).max() <= BLACKS


def test_primaries_are_applied_with_gamma_and_without(write):
    mixed = np.linalg.inv(xyz(SRGB)) @ xyz(DISPLAY_P3)
    path, samples = write(gamma(1.0), primaries(DISPLAY_P3))
    assert np.abs(rows(read_image(path)) - to_srgb(samples @ mixed.T)).max() <= BLACKS
    path, samples = write(primaries(DISPLAY_P3))
    assert np.abs(rows(read_image(path)) - to_srgb(to_light(samples) @ mixed.T)).max() <= BLACKS


@pytest.mark.parametrize(
    "parts",
    [
        (gamma(0.45455), primaries(SRGB)),
        (gamma(0.45455),),
        (gamma(0.44), primaries(SRGB)),
        (primaries(SRGB),),
        (chunk(b"sRGB", b"\0"), gamma(1.0), primaries(DISPLAY_P3)),
        (gamma(0.0),),
        (gamma(0.00001),),
        (primaries([0.0] * 8),),
        (primaries([0.3] * 8),),
        (primaries((0.3127, 0.329, 0.64, 0.33, 0.64, 0.33, 0.15, 0.06)),),
        (primaries((0.9, 0.05, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)),),
    ],
)
def test_srgb_and_nonsense_change_nothing(write, parts):
    path, samples = write(*parts)
    picture = read_image(path)
    assert picture.notes == ()
    assert np.array_equal((rows(picture) * 255).round(), (samples * 255).round())


def test_a_profile_goes_first(write, wide_profile, wide_to_srgb):
    path, samples = write(chunk(b"iCCP", b"wide\0\0" + zlib.compress(wide_profile)), gamma(1.0))
    picture = read_image(path)
    assert picture.notes == ("converted from A wide space to sRGB",)
    assert np.abs(rows(picture) - wide_to_srgb(samples)).max() < 3 / 255


def test_parts_of_large_images_are_as_the_whole(write):
    pytest.importorskip("pyvips")
    path, _ = write(gamma(1.0), primaries(DISPLAY_P3))
    large_image, picture = open_large_image(path), read_image(path)
    assert torch.equal(large_image.read().image, picture.image)
    assert large_image.notes == picture.notes == ("converted from gamma 1 to sRGB",)


def test_a_pillow_image_brings_its_gamma(colors):
    given = Image.fromarray(colors)
    given.info["gamma"] = 1.0
    picture = read_image(given)
    assert picture.notes == ("converted from gamma 1 to sRGB",)
    assert np.abs(rows(picture) - to_srgb(colors / 255)).max() <= BLACKS


def test_nothing_said_is_no_profile():
    assert find_profile({}) is None
    assert find_profile({"icc_profile": b"given", "srgb": 0}) == b"given"
