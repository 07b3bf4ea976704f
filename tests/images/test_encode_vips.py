"""Large pictures into files: what is streamed is what is written otherwise."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch
from PIL import Image

from brushwork.errors import InputError
from brushwork.images import check_writable, read_image, read_metadata, write_image
from brushwork.images.icc import make_srgb_profile

pyvips = pytest.importorskip("pyvips")

EVERY = ["a.png", "a.tif", "a.jpg", "a.webp"]
TEXT = '{"a": "<ö>"}'


@pytest.fixture(autouse=True)
def nothing_left_over(tmp_path):
    yield
    assert not [path.name for path in tmp_path.rglob("*") if path.name.startswith(".")]


@pytest.fixture
def treat_as_large(monkeypatch):
    """Every picture counts as large from here on."""
    return lambda: monkeypatch.setattr("brushwork.images.write.LARGE_IMAGE_PIXELS", 0)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("size", [(1, 1), (37, 300), (300, 37)])
def test_lossless_formats_hold_the_same_levels(treat_as_large, tmp_path, name, bits, size):
    image = torch.rand(1, 3, *size) * 1.2 - 0.1
    alpha = torch.rand(1, 1, *size)
    plain = [read_image(write_image(image, tmp_path / f"plain{name}", bits=bits)).image]
    plain.append(read_image(write_image(image, tmp_path / f"clear{name}", bits=bits, alpha=alpha)).image)
    treat_as_large()
    streamed = [read_image(write_image(image, tmp_path / f"giant{name}", bits=bits)).image]
    streamed.append(read_image(write_image(image, tmp_path / f"giant-clear{name}", bits=bits, alpha=alpha)).image)
    for one, other in zip(plain, streamed, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
def test_lossy_formats_come_as_near(treat_as_large, tmp_path, name):
    smooth = torch.nn.functional.interpolate(torch.rand(1, 3, 4, 4), (40, 60), mode="bilinear")
    plain = read_image(write_image(smooth, tmp_path / f"plain{name}")).image
    treat_as_large()
    streamed = read_image(write_image(smooth, tmp_path / name)).image
    assert (streamed - plain).abs().max() < 0.02


@pytest.mark.parametrize("text", ["", TEXT, "long " * 30_000])
@pytest.mark.parametrize("name", EVERY)
def test_files_say_what_they_are(treat_as_large, tmp_path, image, name, text):
    treat_as_large()
    path = write_image(image, tmp_path / name, metadata=text)
    assert read_metadata(path) == text
    with Image.open(path) as opened:
        assert opened.info["icc_profile"] == make_srgb_profile()
        assert opened.getexif().get(0x0112, 1) == 1
    assert read_metadata(write_image(image, path, overwrite=True)) is None


@pytest.mark.parametrize("name", EVERY)
def test_the_same_picture_is_the_same_file(treat_as_large, tmp_path, image, name):
    treat_as_large()
    first = write_image(image, tmp_path / name, metadata=TEXT).read_bytes()
    assert write_image(image, tmp_path / name, metadata=TEXT, overwrite=True).read_bytes() == first


def test_jpeg_shows_large_images_over_white(treat_as_large, tmp_path):
    treat_as_large()
    path = write_image(torch.zeros(1, 3, 16, 16), tmp_path / "a.jpg", alpha=torch.full((1, 1, 16, 16), 0.2))
    assert (read_image(path).image - 0.8).abs().max() < 0.01


def test_large_tiffs_are_tiled(treat_as_large, tmp_path, image):
    treat_as_large()
    tiled = pyvips.Image.new_from_file(str(write_image(image, tmp_path / "a.tif")), revalidate=True)
    assert tiled.get("tile-width") == 256


def test_a_pyramid_holds_smaller_versions_and_counts_as_one_picture(tmp_path):
    image = torch.rand(1, 3, 600, 700)
    path = write_image(image, tmp_path / "a.tif", pyramid=True, metadata=TEXT)
    assert read_metadata(path) == TEXT
    found = read_image(path)
    assert torch.equal((found.image * 255).round(), (image * 255).round())
    assert found.notes == ()
    half = pyvips.Image.new_from_file(str(path), subifd=0)
    assert (half.height, half.width) == (300, 350)
    check_writable(path, overwrite=True, pyramid=True)
    with pytest.raises(InputError, match=r"PNG cannot hold a pyramid"):
        check_writable(tmp_path / "a.png", overwrite=False, pyramid=True)
    with pytest.raises(InputError, match=r"PNG cannot hold a pyramid of sizes: write \.tif"):
        write_image(image, tmp_path / "a.png", pyramid=True)


def test_without_pyvips_large_images_are_written_as_others_and_pyramids_refused(
    treat_as_large, tmp_path, image, no_vips
):
    treat_as_large()
    levels = (read_image(write_image(image, tmp_path / "a.tif")).image * 255).round()
    assert torch.equal(levels, (image * 255).round())
    with pytest.raises(InputError, match=r"tiles, which needs pyvips: pip install 'brushwork\[giant\]'"):
        write_image(image, tmp_path / "b.tif", pyramid=True)


@pytest.mark.parametrize("kind", [torch.float64, torch.float16, torch.bfloat16])
def test_other_layouts_and_float_types(treat_as_large, tmp_path, image, kind):
    treat_as_large()
    other = image.to(kind).contiguous(memory_format=torch.channels_last)
    found = read_image(write_image(other, tmp_path / "a.png")).image
    assert torch.equal((found * 255).round(), (other.float() * 255).round())


@pytest.mark.parametrize("name", EVERY)
def test_an_encoder_that_fails(treat_as_large, tmp_path, image, monkeypatch, name):
    treat_as_large()

    def failing(*_, **__):
        raise pyvips.Error("no memory")

    for saver in ("pngsave", "jpegsave", "webpsave", "tiffsave"):
        monkeypatch.setattr(pyvips.Image, saver, failing, raising=False)
        monkeypatch.setattr(pyvips.Image, f"{saver}_target", failing, raising=False)
    for metadata in (None, TEXT):
        with pytest.raises(InputError, match="no memory"):
            write_image(image, tmp_path / name, metadata=metadata)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
@pytest.mark.parametrize("name", EVERY)
def test_a_write_that_the_system_cuts_off(treat_as_large, tmp_path, name, capfd):
    """Not simulated: the system takes a thousand bytes of the file, and no more."""
    resource = pytest.importorskip("resource")
    treat_as_large()
    path = write_image(torch.zeros(1, 3, 4, 4), tmp_path / name)
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    noise = torch.from_numpy(np.random.default_rng(0).random((1, 3, 100, 100), dtype=np.float32))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(InputError, match="full"):
            write_image(noise, path, metadata=TEXT, overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
