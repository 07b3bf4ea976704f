"""Pictures into files, and back."""

from __future__ import annotations

import io
import struct
import warnings

import numpy as np
import pytest
import torch
from PIL import Image

from brushwork.errors import InputError
from brushwork.images import has_alpha, max_bits, read_image, write_image
from brushwork.images.icc import make_srgb_profile

LOSSLESS = ["a.png", "a.tif", "a.TIFF"]
EVERY = [*LOSSLESS, "a.jpg", "a.jpeg", "a.webp"]


@pytest.fixture(autouse=True)
def nothing_left_over(tmp_path):
    """Whatever happens, no temporary file stays."""
    yield
    assert not [path.name for path in tmp_path.rglob("*") if path.name.startswith(".")]


@pytest.fixture
def smooth(image):
    return torch.nn.functional.interpolate(image[..., :4, :4], (40, 60), mode="bilinear")


@pytest.mark.parametrize("name", LOSSLESS)
def test_8_bits_come_back(image, tmp_path, name):
    path = write_image(image, tmp_path / name)
    assert path == tmp_path / name
    levels = (read_image(path).image * 255).round()
    assert torch.equal(levels, (image * 255).round())


@pytest.mark.parametrize("name", LOSSLESS)
def test_16_bits_come_back(image, tmp_path, name):
    pytest.importorskip("pyvips")
    alpha = image[:, :1].clamp(min=0.999)
    picture = read_image(write_image(image, tmp_path / name, bits=16, alpha=alpha))
    assert picture.bits == 16
    assert (picture.alpha - alpha).abs().max() < 1e-5
    assert ((picture.image - image) * alpha).abs().max() < 2e-3  # painted under, a little
    opaque = read_image(write_image(image, tmp_path / name, bits=16, overwrite=True))
    assert (opaque.image - image).abs().max() <= 0.5 / 65535 + 1e-7


@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
def test_lossy_files_come_back_nearly(smooth, tmp_path, name):
    best, worse = (read_image(write_image(smooth, tmp_path / f"{q}{name}", quality=q)).image for q in (95, 5))
    assert (best - smooth).abs().mean() < 0.01
    assert (best - smooth).abs().mean() < (worse - smooth).abs().mean()


def test_jpeg_keeps_color_at_full_resolution(image, tmp_path):
    with Image.open(write_image(image, tmp_path / "a.jpg")) as written:
        assert [component[1:3] for component in written.layer] == [(1, 1)] * 3
    default = read_image(tmp_path / "a.jpg").image
    same = read_image(write_image(image, tmp_path / "b.jpg", quality=95)).image
    assert torch.equal(default, same)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("bits", [8, 16])
def test_files_say_that_they_are_srgb(image, tmp_path, name, bits):
    with Image.open(write_image(image, tmp_path / name, bits=bits)) as written:
        assert written.info["icc_profile"] == make_srgb_profile()
    assert read_image(tmp_path / name).notes == ()


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
def test_alpha_comes_back(smooth, tmp_path, name):
    alpha = torch.linspace(0, 1, 60).expand(1, 1, 40, 60)
    assert has_alpha(name)
    picture = read_image(write_image(smooth, tmp_path / name, alpha=alpha))
    assert (picture.alpha - alpha).abs().max() <= 0.5 / 255 + 1e-6
    with Image.open(tmp_path / name) as written:
        colors = torch.from_numpy(np.array(written.convert("RGBA"))[..., :3]).permute(2, 0, 1) / 255
    assert (colors - smooth).abs().mean() < 0.02  # what lies under alpha 0 too


def test_alpha_in_whole_numbers_is_refused(smooth, tmp_path):
    with pytest.raises(InputError, match=r"alpha holds torch.uint8: give floats from 0 to 1"):
        write_image(smooth, tmp_path / "a.png", alpha=torch.full((1, 1, 40, 60), 128, dtype=torch.uint8))


def test_jpeg_shows_transparent_pictures_over_white(tmp_path):
    assert not has_alpha("a.jpg")
    gray, alpha = torch.full((1, 3, 16, 16), 0.2), torch.full((1, 1, 16, 16), 0.25)
    alpha[..., 8:, :] = 0
    written = read_image(write_image(gray, tmp_path / "a.jpg", alpha=alpha, quality=100)).image
    assert written[..., :4, :].mean().item() == pytest.approx(0.25 * 0.2 + 0.75, abs=0.01)
    assert written[..., 12:, :].mean().item() == pytest.approx(1, abs=0.01)


def test_16_bits_become_8_where_the_format_has_no_more(image, tmp_path, no_vips):
    assert [max_bits(name) for name in ("a.png", "a.tif", "a.jpg", "a.webp")] == [16, 16, 8, 8]
    assert read_image(write_image(image, tmp_path / "a.jpg", bits=16)).bits == 8


def test_without_pyvips_16_bits_are_refused(image, tmp_path, no_vips):
    with pytest.raises(InputError, match=r"pip install 'brushwork\[giant\]'"):
        write_image(image, tmp_path / "a.png", bits=16)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("bits", [8, 16])
def test_values_are_rounded_and_clamped(tmp_path, bits):
    whole = 2**bits - 1
    values = torch.tensor([-5.0, -0.001, 0.4 / whole, 0.6 / whole, 1 - 0.4 / whole, 1.001, 300.0, float("inf")])
    picture = read_image(write_image(values.expand(1, 3, 2, 8), tmp_path / "a.png", bits=bits))
    assert (picture.image[0, 0, 0].double() * whole).round().tolist() == [0, 0, 0, 1, whole, whole, whole, whole]


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_other_float_types(tmp_path, kind):
    image = torch.full((1, 3, 2, 2), 0.5, dtype=kind, requires_grad=True)
    assert (read_image(write_image(image, tmp_path / "a.png")).image * 255).unique().item() == 128


@pytest.mark.parametrize("size", [(1, 1), (1, 16383), (16383, 1)])
@pytest.mark.parametrize("name", EVERY)
def test_tiny_and_long_pictures(tmp_path, size, name):
    path = write_image(torch.rand(1, 3, *size), tmp_path / name)
    assert read_image(path).size == size


@pytest.mark.parametrize(("name", "limit"), [("a.webp", 16383), ("a.jpg", 65500)])
def test_what_the_format_does_not_hold(tmp_path, name, limit):
    with pytest.raises(InputError, match=f"1 to {limit} pixels a side"):
        write_image(torch.rand(1, 3, 1, limit + 1), tmp_path / name)
    assert write_image(torch.rand(1, 3, 1, limit + 1), tmp_path / "a.png").exists()


def refusal(*arguments, **options):
    with warnings.catch_warnings(), pytest.raises(InputError) as caught:
        warnings.simplefilter("error")
        write_image(*arguments, **options)
    return str(caught.value)


@pytest.mark.parametrize(("name", "given"), [("a.gif", "ends in .gif"), ("a", "has no ending"), ("a.", "no ending")])
def test_other_endings(image, tmp_path, name, given):
    message = refusal(image, tmp_path / name)
    assert given in message
    assert ".png, .jpg, .jpeg, .webp, .tif, .tiff" in message


def test_other_pictures(image, tmp_path):
    path = tmp_path / "a.png"
    assert "shape is (2, 3, 4, 4)" in refusal(torch.rand(2, 3, 4, 4), path)
    assert "pixels a side" in refusal(torch.rand(1, 3, 0, 4), path)
    assert "picture holds NaN" in refusal(image.masked_fill(image > 0.9, torch.nan), path)
    assert "alpha holds NaN" in refusal(image, path, alpha=torch.full((1, 1, 20, 30), torch.nan))
    assert "alpha has the shape (1, 1, 4, 4)" in refusal(image, path, alpha=torch.ones(1, 1, 4, 4))
    assert not list(tmp_path.iterdir())


def test_other_options(image, tmp_path):
    assert "12 bits" in refusal(image, tmp_path / "a.png", bits=12)
    for quality in (0, 101):
        assert f"quality is {quality}" in refusal(image, tmp_path / "a.jpg", quality=quality)


def test_an_encoder_that_fails(image, tmp_path, monkeypatch):
    def failing(*_, **__):
        raise OSError("encoder error -2")

    monkeypatch.setattr(Image.Image, "save", failing)
    assert "encoder error -2" in refusal(image, tmp_path / "a.png")


def test_a_16_bit_encoder_that_fails(image, tmp_path, monkeypatch):
    pyvips = pytest.importorskip("pyvips")

    def failing(*_, **__):
        raise pyvips.Error("no memory")

    monkeypatch.setattr(pyvips.Image, "pngsave_buffer", failing, raising=False)
    assert "no memory" in refusal(image, tmp_path / "a.png", bits=16)


def test_the_same_picture_is_the_same_file(image, tmp_path):
    for name in EVERY:
        first = write_image(image, tmp_path / name, metadata="{}").read_bytes()
        again = write_image(image, tmp_path / name, metadata="{}", overwrite=True).read_bytes()
        assert first == again


def test_png_chunks_are_whole(image, tmp_path):
    """Every checksum right, the text and the profile before the pixels: what strict readers ask for."""
    import zlib

    for bits in (8, 16):
        path = write_image(image, tmp_path / f"{bits}.png", bits=bits, metadata='{"a": 1}')
        content, place, order = path.read_bytes(), 8, []
        while place < len(content):
            length, name = struct.unpack(">I4s", content[place : place + 8])
            body = content[place + 4 : place + 8 + length]
            assert zlib.crc32(body) == int.from_bytes(content[place + 8 + length : place + 12 + length], "big")
            order.append(name.decode())
            place += 12 + length
        assert order[0] == "IHDR"
        assert order[-1] == "IEND"
        assert max(order.index("iTXt"), order.index("iCCP")) < order.index("IDAT")


def test_a_path_may_be_a_string_or_begin_at_home(image, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert write_image(image, "~/a.png") == tmp_path / "a.png"
    monkeypatch.chdir(tmp_path)
    assert write_image(image, "b.png").exists()


def test_what_is_no_path_is_refused(image):
    assert "the output is given as BytesIO: give a path." in refusal(image, io.BytesIO())
