from __future__ import annotations

import struct
import sys
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

P3_TO_XYZ = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
SRGB_TO_XYZ = np.array(
    [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]]
)  # both adapted to D50, as profiles are
GAMMA = 2.0


@pytest.fixture
def colors():
    """24×36 pixels of all kinds of colors, without edges: uint8, rows × columns × 3."""
    rows, columns = np.mgrid[0:24, 0:36]
    return np.stack([10 * rows + 5, 7 * columns, 255 - 4 * (rows + columns)], axis=-1).astype(np.uint8)


@pytest.fixture
def deep_colors():
    """The same with 16 bits, every low byte in use."""
    return np.random.default_rng(0).integers(0, 65536, (24, 36, 3), dtype=np.uint16)


@pytest.fixture
def save(tmp_path):
    """Write an array or a Pillow image through Pillow."""

    def saved(picture, name, **options):
        path = tmp_path / name
        picture = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
        picture.save(path, **options)
        return path

    return saved


@pytest.fixture
def save_deep(tmp_path):
    """Write an array through libvips, with all its bits."""
    pyvips = pytest.importorskip("pyvips")

    def saved(array, name, interpretation, icc=None, **options):
        path = tmp_path / name
        image = pyvips.Image.new_from_array(array, interpretation=interpretation).copy()
        if icc is not None:
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc)
        image.write_to_file(str(path), **options)
        return path

    return saved


@pytest.fixture
def no_vips(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvips", None)


@pytest.fixture(scope="session")
def wide_profile():
    """An ICC profile, version 2, made by hand: the primaries of Display P3 and a pure power of 2."""

    def fixed(*values):
        return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))

    title = b"A wide\nspace\0"
    curve = b"curv" + struct.pack(">IIH", 0, 1, round(GAMMA * 256)) + bytes(2)
    tags = {
        b"desc": b"desc" + struct.pack(">II", 0, len(title)) + title + bytes(79),
        b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249),
        **{name: b"XYZ \0\0\0\0" + fixed(*P3_TO_XYZ[:, i]) for i, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        body += bytes(-len(body) % 4)
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content
    head = bytes(8) + struct.pack(">I", 0x02100000) + b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    head += fixed(0.9642, 1, 0.8249) + bytes(48)
    return struct.pack(">I", 128 + len(table + body)) + head[4:] + table + body


@pytest.fixture(scope="session")
def wide_to_srgb():
    """What the profile above means, in float64: samples from 0 to 1 in and out."""

    def converted(samples):
        linear = np.clip(samples**GAMMA @ (np.linalg.inv(SRGB_TO_XYZ) @ P3_TO_XYZ).T, 0, 1)
        return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)

    return converted


@pytest.fixture(scope="session")
def gray_profile(wide_profile):
    """The same curve for gray pictures."""
    marked = bytearray(wide_profile)
    marked[16:20] = b"GRAY"
    place = marked.index(b"rTRC")
    marked[place : place + 4] = b"kTRC"
    return bytes(marked)


@pytest.fixture(scope="session")
def srgb_made_elsewhere():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def image():
    """A random picture, as the library has it."""
    return torch.rand(1, 3, 20, 30, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def encoded_by_pillow(colors):
    """The bytes of a file in a format."""

    def encoded(format, **options):
        content = BytesIO()
        Image.fromarray(colors).save(content, format, **options)
        return content.getvalue()

    return encoded
