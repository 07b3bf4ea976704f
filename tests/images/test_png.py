"""PNG files that are damaged beside their pixels, or hold more text than decoders like."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from brushwork.errors import InputError
from brushwork.images import image_size, read_image
from brushwork.images.png import iterate_chunks, make_decodable
from brushwork.images.read import read_header_size

TEXT = b"tEXt", b"Comment\0hello"
AFTER_HEADER, BEFORE_END = 33, -12


def chunk(name: bytes, body: bytes, *, wrong: bool = False) -> bytes:
    check = zlib.crc32(name + body) ^ wrong
    return len(body).to_bytes(4, "big") + name + body + check.to_bytes(4, "big")


@pytest.fixture(params=[8, 16])
def png(request, colors, save_deep):
    """The bytes of a PNG file with so many bits, which Pillow or libvips decodes, and its samples."""
    if request.param == 8:
        content = io.BytesIO()
        Image.fromarray(colors).save(content, "PNG")
        return content.getvalue(), colors / 255
    deep = colors.astype(np.uint16) * 257
    return save_deep(deep, "deep.png", "rgb16").read_bytes(), deep / 65535


def read(content: bytes):
    return read_image(io.BytesIO(content))


def same(picture, samples) -> bool:
    return np.array_equal(picture.image[0].permute(1, 2, 0).numpy(), samples.astype(np.float32))


def inserted(png: bytes, *parts: bytes, at: int = AFTER_HEADER) -> bytes:
    return png[:at] + b"".join(parts) + png[at:]


@pytest.mark.parametrize("at", [AFTER_HEADER, BEFORE_END])
@pytest.mark.parametrize(
    "part",
    [
        chunk(*TEXT, wrong=True),
        chunk(b"tIME", bytes(7), wrong=True),
        chunk(b"zTXt", b"workflow\0\0" + zlib.compress(bytes(40_000_000))),
        chunk(b"zTXt", b"workflow\0\1not deflated"),
        chunk(b"iTXt", b"workflow\0\1\0\0\0" + zlib.compress(bytes(2_000_000))),
        b"".join([chunk(b"tEXt", b"workflow\0" + bytes(3_000_000))] * 23),
        chunk(b"pHYs", bytes(3)),
    ],
    ids=["checksum", "time", "zTXt", "method", "iTXt", "tEXt", "short"],
)
def test_what_is_beside_the_pixels_does_not_cost_the_picture(png, part, at):
    content, samples = png
    picture = read(inserted(content, part, at=at))
    assert same(picture, samples)
    assert picture.notes == ()


@pytest.mark.parametrize(
    ("name", "body"),
    [(b"gAMA", b"\0\1\x86\xa0"), (b"cHRM", bytes(32)), (b"iCCP", b"profile\0\0" + zlib.compress(b"none"))],
)
def test_what_counts_for_the_pixels_is_named_when_it_is_damaged(png, name, body):
    content, samples = png
    picture = read(inserted(content, chunk(name, body, wrong=True)))
    assert same(picture, samples)
    assert picture.notes == (f"its {name.decode()} chunk is damaged: ignored",)


@pytest.mark.parametrize("part", [chunk(b"gAMA", b"\0"), chunk(b"iCCP", b"profile\0\1x"), chunk(b"tRNS", b"\0\0")])
def test_chunks_that_are_too_short_are_damaged_too(png, part):
    content, samples = png
    picture = read(inserted(content, part))
    assert same(picture, samples)
    assert picture.notes == (f"its {part[4:8].decode()} chunk is damaged: ignored",)


@pytest.mark.parametrize("name", [b"IHDR", b"IDAT"])
def test_a_wrong_checksum_of_the_pixels_is_an_error(png, name, tmp_path):
    content = bytearray(png[0])
    part = next(one for one in iterate_chunks(io.BytesIO(png[0])) if one.name == name)
    content[part.end - 1] ^= 1
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.png is (damaged|not a picture)"):
        read_image(tmp_path / "a.png")


def test_a_damaged_animation_is_its_first_picture(tmp_path, colors):
    frames = [Image.fromarray(colors), Image.fromarray(255 - colors)]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:])
    content = (tmp_path / "a.png").read_bytes()
    part = next(one for one in iterate_chunks(io.BytesIO(content)) if one.name == b"fcTL")
    broken = content[: part.end - 1] + bytes([content[part.end - 1] ^ 1]) + content[part.end :]
    assert same(read(broken), colors / 255)


def test_files_without_fault_are_read_as_they_are(png):
    for content in (png[0], inserted(png[0], chunk(*TEXT)), png[0][:60], png[0][:-30], b"GIF89a", b""):
        file = io.BytesIO(content)
        assert make_decodable(file) == (file, ())


def test_a_file_that_is_cut_short_stays_damaged(png):
    with pytest.raises(InputError, match="damaged or cut short"):
        read(inserted(png[0], chunk(*TEXT, wrong=True))[:-40])


def test_a_profile_may_be_large(png, wide_profile, wide_to_srgb):
    content, samples = png
    long = wide_profile + bytes(3_000_000)
    long = len(long).to_bytes(4, "big") + long[4:]
    picture = read(inserted(content, chunk(b"iCCP", b"wide\0\0" + zlib.compress(long))))
    assert picture.notes == ("converted from A wide space to sRGB",)
    found = picture.image[0].permute(1, 2, 0).numpy()
    assert np.abs(found - wide_to_srgb(samples)).max() < 3 / 255


def test_orientation_may_stand_behind_the_pixels(png, tmp_path, monkeypatch):
    exif = Image.Exif()
    exif[0x0112] = 6
    content, _ = png
    (tmp_path / "a.png").write_bytes(inserted(content, chunk(b"eXIf", exif.tobytes()[6:]), at=BEFORE_END))
    assert read_image(tmp_path / "a.png").size == image_size(tmp_path / "a.png") == (36, 24)


def test_the_header_is_enough_for_the_size(png, tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(png[0])
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("decoded"))
    assert read_header_size(tmp_path / "a.png") == (24, 36)


@pytest.mark.parametrize("length", range(8, AFTER_HEADER + 8))
def test_a_file_that_ends_in_its_header_is_damaged(png, length):
    with pytest.raises(InputError, match="damaged"):
        read(png[0][:length])


def test_a_file_of_one_foreign_chunk_is_damaged():
    with pytest.raises(InputError, match="damaged"):
        read(b"\x89PNG\r\n\x1a\n" + chunk(b"tEXt", b""))


@pytest.mark.parametrize(("bits", "row"), [(1, 0b0101), (2, 0b00011011), (4, 0x159F)])
def test_clear_gray_of_few_bits(bits, row):
    levels = [row >> bits * place & (1 << bits) - 1 for place in (3, 2, 1, 0)]
    clear = levels[2]
    content = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 1, bits, 0, 0, 0, 0))
        + chunk(b"tRNS", struct.pack(">H", clear))
        + chunk(b"IDAT", zlib.compress(b"\0" + (row << -4 * bits % 8).to_bytes((4 * bits + 7) // 8)))
        + chunk(b"IEND", b"")
    )
    picture = read(content)
    assert picture.alpha[0, 0, 0].tolist() == [float(level != clear) for level in levels]
    shown = [level / ((1 << bits) - 1) for level in levels if level != clear]
    assert picture.image[0, 0, 0][picture.alpha[0, 0, 0] > 0].tolist() == pytest.approx(shown)
