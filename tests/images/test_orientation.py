"""Orientation stands whatever else is in the EXIF data, alike for headers, Pillow and libvips."""

from __future__ import annotations

import struct
from zlib import crc32

import pytest
import torch
from PIL import Image

from brushwork.images import image_size, read_image
from brushwork.images.read import read_header_size
from large_images import open_large_image

SHORT, ASCII, LONG, RATIONAL, SIGNED = 3, 2, 4, 5, 10
ORIENTATION = 274


def exif(*entries):
    """EXIF data with entries (tag, type, count, bytes), as wrong as they come."""
    out, tail, base = b"", b"", 8 + 2 + 12 * len(entries) + 4
    for tag, kind, count, raw in sorted(entries):
        value = raw.ljust(4, b"\0") if len(raw) <= 4 else struct.pack("<I", base + len(tail))
        out += struct.pack("<HHI", tag, kind, count) + value
        tail += raw if len(raw) > 4 else b""
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, len(entries)) + out + bytes(4) + tail


def lying(value):
    return ORIENTATION, SHORT, 1, struct.pack("<H", value)


STRANGE = {
    "text for numbers": [(282, ASCII, 6, b"72/1\0\0"), (271, SHORT, 3, struct.pack("<HHH", 1, 2, 3))],
    "fractions over 0": [(282, RATIONAL, 1, struct.pack("<ii", -1, 0)), (37380, SIGNED, 1, struct.pack("<ii", 5, 0))],
    "places outside": [(34853, LONG, 1, struct.pack("<I", 4_000_000)), (34665, LONG, 1, struct.pack("<I", 9_000_000))],
    "an unknown type": [(33434, 99, 5, b"1/60\0"), (37500, 7, 40_000, bytes(40_000))],
}


@pytest.mark.parametrize("others", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_orientation_stands_beside_strange_data(save, colors, name, others):
    path = save(colors, name, exif=exif(lying(6), *others))
    picture = read_image(path)
    plain = read_image(save(colors, f"plain-{name}")).image
    assert torch.equal(picture.image, plain.rot90(-1, (2, 3)))
    assert picture.notes == ()
    assert read_header_size(path) == picture.size == (36, 24)


@pytest.mark.parametrize("value", [0, 9, 255, 65535])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
def test_other_values_are_upright(save, colors, name, value):
    if name == "a.tif":
        data = Image.Exif()
        data[ORIENTATION] = value
        path = save(colors, name, exif=data)
    else:
        path = save(colors, name, exif=exif(lying(value)))
    assert read_header_size(path) == image_size(path) == read_image(path).size == (24, 36)


@pytest.mark.parametrize("value", [0, 9, 65535])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_other_values_are_upright_in_large_images(save, colors, name, value):
    pytest.importorskip("pyvips")
    path = save(colors, name, exif=exif(lying(value)))
    large_image = open_large_image(path)
    assert (large_image.size, large_image.notes) == ((24, 36), ())
    assert torch.equal(large_image.read().image, read_image(path).image)


@pytest.mark.parametrize("value", range(10))
@pytest.mark.parametrize("name", ["a.tif", "big.tif"])
def test_deep_tiff_files(save_deep, deep_colors, name, value):
    path = save_deep(deep_colors, name, "rgb16", bigtiff=name == "big.tif")
    upright = read_image(path).image
    content = bytearray(path.read_bytes())
    # The entry: its tag, a short, one of it.
    place = content.find(struct.pack("<HHQ" if name == "big.tif" else "<HHI", ORIENTATION, SHORT, 1))
    content[place + (12 if name == "big.tif" else 8)] = value
    path.write_bytes(content)
    picture = read_image(path)
    assert picture.bits == 16
    assert read_header_size(path) == picture.size == ((36, 24) if 5 <= value <= 8 else (24, 36))
    assert torch.equal(picture.image, upright) == (value in (0, 1, 9))


@pytest.mark.parametrize("others", [*STRANGE.values(), []], ids=[*STRANGE, "nothing"])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_libvips_turns_as_pillow_does(save, colors, name, others):
    pytest.importorskip("pyvips")
    path = save(colors, name, exif=exif(lying(6), *others))
    large_image = open_large_image(path)
    assert large_image.size == read_header_size(path) == (36, 24)
    assert torch.equal(large_image.read().image, read_image(path).image)


def test_deep_pictures_turn(save_deep, deep_colors, tmp_path):
    upright = read_image(save_deep(deep_colors, "a.png", "rgb16", keep="none"))
    content = (tmp_path / "a.png").read_bytes()
    body = b"eXIf" + exif(lying(6), *STRANGE["text for numbers"])[6:]
    part = (len(body) - 4).to_bytes(4, "big") + body + crc32(body).to_bytes(4, "big")
    (tmp_path / "a.png").write_bytes(content[:33] + part + content[33:])
    turned = read_image(tmp_path / "a.png")
    assert turned.bits == 16
    assert torch.equal(turned.image, upright.image.rot90(-1, (2, 3)))


def test_xmp_alone_may_say_it(save, colors):
    pytest.importorskip("pyvips")
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    path = save(colors, "a.jpg", xmp=xmp)
    assert open_large_image(path).size == read_header_size(path) == read_image(path).size == (36, 24)
