"""Cameras' raw files are refused, and other TIFF files are not."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from brushwork.errors import InputError
from brushwork.images import image_size, read_image, write_image
from brushwork.images.camera_raw import is_named_raw
from large_images import open_large_image

SHORT, LONG, BYTE = 3, 4, 1
SIZES = {SHORT: "H", LONG: "I", BYTE: "B"}
RAW = r"is a camera's raw file.* develop it first \(with\s+darktable"


def tiff(colors, *more, signature=b"", photometric=2, bits=8):
    """An uncompressed TIFF file with more tags (tag, type, numbers); something may follow its header."""
    height, width, _ = colors.shape
    entries = [
        (256, LONG, [width]),
        (257, LONG, [height]),
        (258, SHORT, [bits] * 3),
        (259, SHORT, [1]),
        (262, SHORT, [photometric]),
        (273, LONG, [0]),
        (277, SHORT, [3]),
        (278, LONG, [height]),
        (279, LONG, [colors.nbytes]),
        *more,
    ]
    first = 8 + len(signature)
    base, out, tail = first + 2 + 12 * len(entries) + 4, b"", b""
    size = sum(2 * len(numbers) for _, kind, numbers in entries if kind == SHORT and len(numbers) > 2)
    for tag, kind, numbers in sorted(entries):
        raw = struct.pack(f"<{len(numbers)}{SIZES[kind]}", *([base + size] if tag == 273 else numbers))
        out += struct.pack("<HHI", tag, kind, len(numbers))
        out += raw.ljust(4, b"\0") if len(raw) <= 4 else struct.pack("<I", base + len(tail))
        tail += raw if len(raw) > 4 else b""
    head = b"II*\0" + struct.pack("<I", first) + signature
    return head + struct.pack("<H", len(entries)) + out + bytes(4) + tail + colors.tobytes()


PREVIEW, SUB = (254, LONG, [1]), (330, LONG, [8])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.dng", {"more": [(50706, BYTE, [1, 4, 0, 0])]}),
        ("a.tif", {"more": [(50706, BYTE, [1, 4, 0, 0])]}),
        ("a.tif", {"more": [PREVIEW, SUB]}),
        ("A.NEF", {"more": []}),
        ("a.arw", {"more": []}),
        ("a.tif", {"more": [], "signature": b"CR\2\0" + bytes(4)}),
        ("a.tif", {"more": [], "photometric": 32803}),
        ("a.tif", {"more": [], "photometric": 34892, "bits": 16}),
    ],
)
def test_raw_files_are_refused(tmp_path, colors, name, content):
    more = content.pop("more")
    deep = content.get("bits") == 16
    samples = colors.astype(np.uint16) if deep else colors
    (tmp_path / name).write_bytes(tiff(samples, *more, **content))
    for reading in (read_image, image_size):
        with pytest.raises(InputError, match=RAW):
            reading(tmp_path / name)
    with (tmp_path / name).open("rb") as file, pytest.raises(InputError, match=RAW):
        read_image(file)
    pytest.importorskip("pyvips")
    with pytest.raises(InputError, match=RAW):
        open_large_image(tmp_path / name)


@pytest.mark.parametrize("name", ["a.cr3", "b.RAF", "c.orf"])
def test_raw_files_that_are_no_tiff_are_named_too(tmp_path, name):
    (tmp_path / name).write_bytes(b"FUJIFILMCCD-RAW " + bytes(200))
    with pytest.raises(InputError, match=RAW):
        read_image(tmp_path / name)


@pytest.mark.parametrize("more", [[], [PREVIEW], [(254, LONG, [0]), SUB]])
def test_other_tiff_files_are_read(tmp_path, colors, more):
    (tmp_path / "a.tif").write_bytes(tiff(colors, *more))
    picture = read_image(tmp_path / "a.tif")
    assert np.array_equal((picture.image[0].permute(1, 2, 0) * 255).round().numpy(), colors)


def test_our_pyramids_are_read(tmp_path, image):
    pytest.importorskip("pyvips")
    write_image(image, tmp_path / "a.tif", pyramid=True)
    assert read_image(tmp_path / "a.tif").size == image_size(tmp_path / "a.tif") == (20, 30)


def test_a_photograph_with_the_name_of_a_raw_file_is_read(save, colors):
    path = save(colors, "a.jpg")
    assert read_image(path.rename(path.with_suffix(".cr2"))).size == (24, 36)


def test_names_of_raw_files():
    assert is_named_raw("IMG_1.CR2")
    assert not is_named_raw("a.tif")
    assert not is_named_raw("cr2")
