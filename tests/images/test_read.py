"""Files and sources of every kind, and what is reported of those that cannot be read."""

from __future__ import annotations

import io
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch
from PIL import Image

from brushwork.errors import InputError
from brushwork.images import read_image
from brushwork.images.geometry import Size


def samples(picture):
    """Rows × columns × 3 in levels of 255, exactly."""
    levels = picture.image[0].permute(1, 2, 0).double().numpy() * 255
    assert np.abs(levels - levels.round()).max() < 1e-4
    return levels.round().astype(np.uint8)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.bmp", "a.ppm", "a.tga", "a.qoi", "a.gif", "a.webp", "a.jp2"])
def test_lossless_files_are_read_exactly(save, colors, name):
    colors = colors // 64 * 64  # few enough for GIF
    if Path(name).suffix not in Image.registered_extensions() or (name == "a.qoi" and "QOI" not in Image.SAVE):
        pytest.skip("this Pillow cannot write it")
    options = {"lossless": True} if name.endswith(("webp", "avif")) else {}
    picture = read_image(save(colors, name, **options))
    assert np.array_equal(samples(picture), colors)
    assert picture.image.dtype == torch.float32
    assert (picture.alpha, picture.notes, picture.bits, picture.name) == (None, (), 8, name)
    assert picture.size == Size(24, 36)


@pytest.mark.parametrize("name", ["a.jpg", "a.avif"])
def test_lossy_files_are_read_nearly(save, colors, name):
    if not PIL.Image.registered_extensions().get(Path(name).suffix):
        pytest.skip("this Pillow has no such decoder")
    picture = read_image(save(colors, name, quality=95, subsampling="4:4:4"))
    assert np.abs(samples(picture).astype(int) - colors).mean() < 2


def test_a_path_may_be_a_string_or_begin_at_home(save, colors, monkeypatch, tmp_path):
    path = save(colors, "a.png")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert torch.equal(read_image(str(path)).image, read_image("~/a.png").image)


def test_files_that_are_open_already(save, colors, encoded_by_pillow):
    path = save(colors, "a.png")
    with path.open("rb") as file:
        assert read_image(file).name == "a.png"
    content = io.BytesIO(encoded_by_pillow("PNG"))
    content.seek(5)  # read from its beginning wherever it stands
    assert read_image(content).name == "picture in memory"


def test_a_pipe_cannot_be_wound_back(encoded_by_pillow, colors):
    ends = os.pipe()
    with os.fdopen(ends[1], "wb") as into:
        into.write(encoded_by_pillow("PNG"))
    with os.fdopen(ends[0], "rb") as out:
        assert np.array_equal(samples(read_image(out)), colors)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBX", "YCbCr", "HSV", "LAB", "CMYK"])
def test_opaque_modes_of_pillow(mode):
    given = Image.new("RGB", (5, 4), (200, 200, 200))
    picture = read_image(given.convert(mode) if mode != "LAB" else Image.new("LAB", (5, 4), (204, 128, 128)))
    assert picture.alpha is None
    # 1 bit dithers, Pillow's palette has steps of 51, Lab (80, 0, 0) is 198
    assert picture.image.mean().item() == pytest.approx(200 / 255, abs={"1": 0.3, "P": 0.02}.get(mode, 0.011))
    assert picture.notes == {"CMYK": ("converted from CMYK without a profile: its colors are approximate",)}.get(
        mode, ("converted from Lab to sRGB",) if mode == "LAB" else ()
    )


def test_gray_is_the_same_in_three_channels(save, colors):
    picture = read_image(save(colors[..., 0], "gray.png"))
    assert np.array_equal(samples(picture), np.repeat(colors[..., :1], 3, -1))


def test_one_bit(save):
    bits = np.indices((9, 13)).sum(0) % 2 == 0
    picture = read_image(save(Image.fromarray(bits), "bits.png"))
    assert np.array_equal(picture.image[0, 0].numpy(), bits.astype(np.float32))


def test_cmyk_jpeg(save):
    picture = read_image(save(Image.new("CMYK", (8, 8), (255, 0, 0, 0)), "c.jpg", quality=100))
    assert picture.image[0, :, 4, 4].tolist() == pytest.approx([0, 1, 1], abs=0.01)
    assert picture.notes == ("converted from CMYK without a profile: its colors are approximate",)


@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(save, ending, orientation):
    upright = Image.new("L", (32, 16), 0)
    upright.paste(255, (0, 0, 16, 8))  # white top left
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = read_image(save(stored.convert("RGB"), f"turned.{ending}", exif=exif))
    assert picture.size == Size(16, 32)
    quarters = picture.image[0, 0, [4, 4, 12, 12], [8, 24, 8, 24]]
    assert quarters.tolist() == pytest.approx([1, 0, 0, 0], abs=0.05)


def test_damaged_exif_is_said(save, colors):
    for exif in (b"Exif\0\0II*\0garbage, and no directory", b"Exif\0\0XX*\0garbage"):
        assert read_image(save(colors, "a.jpg", exif=exif)).size == Size(24, 36)
    broken = Image.fromarray(colors)
    broken.info["exif"] = exif
    assert read_image(broken).notes == ("its EXIF data is damaged: not turned",)


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png", "a.tif"])
def test_of_many_frames_the_first(save, name):
    shades = [Image.new("RGB", (8, 6), (shade, 0, 0)) for shade in (255, 128, 0)]
    options = {"lossless": True} if name.endswith("webp") else {}
    picture = read_image(save(shades[0], name, save_all=True, append_images=shades[1:], **options))
    assert picture.notes == ("3 frames: only the first is used",)
    assert picture.image[0, 0].min() == 1


def test_of_many_frames_the_one_pillow_stands_at(save):
    shades = [Image.new("L", (8, 6), shade) for shade in (255, 128, 0)]
    with Image.open(save(shades[0], "a.gif", save_all=True, append_images=shades[1:])) as animation:
        animation.seek(1)
        picture = read_image(animation)
    assert picture.notes == ("3 frames: only number 2 is used",)
    assert picture.image.mean().item() == pytest.approx(128 / 255)


@pytest.mark.parametrize("size", [(1, 1), (1, 30_000), (40_000, 1)])
def test_tiny_and_long_pictures(save, size):
    picture = read_image(save(Image.new("RGB", size, (1, 2, 3)), "long.png"))
    assert picture.size == Size(size[1], size[0])
    assert (picture.image[0, :, -1, -1] * 255).round().tolist() == [1, 2, 3]


def test_a_pillow_image_stays_as_it_is(colors):
    given = Image.fromarray(colors)
    read_image(given)
    assert np.array_equal(np.asarray(given), colors)


# What cannot be read


def refusal(source, **options):
    with warnings.catch_warnings(), pytest.raises(InputError) as caught:
        warnings.simplefilter("error")
        read_image(source, **options)
    return str(caught.value)


def test_missing_files_and_folders(tmp_path):
    assert "does not exist" in refusal(tmp_path / "no.png")
    assert "is a folder" in refusal(tmp_path)
    assert "is a folder" in refusal("")
    assert "cannot be opened" in refusal("a\0b.png")
    assert "cannot be opened" in refusal(tmp_path / ("n" * 3000))


def test_files_that_may_not_be_read(tmp_path, monkeypatch):
    def forbidden(self, mode):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", forbidden)
    assert "is not readable" in refusal(tmp_path / "a.png")


def test_files_that_are_no_pictures(tmp_path):
    for name, content in {"a.txt": b"a text\n" * 99, "b.png": b"\0" * 999, "c.jpg": b"%PDF-1.7 ...", "d": b"x"}.items():
        (tmp_path / name).write_bytes(content)
        assert refusal(tmp_path / name).startswith(f"{name} is not a picture of a known kind")
    (tmp_path / "e.jpg").touch()
    assert "is empty (0 bytes)" in refusal(tmp_path / "e.jpg")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "PPM"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_files_that_were_cut_short(save, deep_colors, format, share, capfd):
    options = {"compression": "tiff_lzw"} if format == "TIFF" else {}
    path = save((deep_colors // 256).astype(np.uint8), "cut", format=format, **options)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert "damaged" in refusal(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP", "GIF"])
def test_whatever_the_damage_it_is_an_input_error(tmp_path, encoded_by_pillow, format):
    random = np.random.default_rng(3)
    content = np.frombuffer(encoded_by_pillow(format), np.uint8)
    for _ in range(40):
        hurt = content.copy()
        places = random.integers(0, len(hurt), 8)
        hurt[places] = random.integers(0, 256, 8)
        (tmp_path / "hurt").write_bytes(hurt.tobytes())
        try:
            picture = read_image(tmp_path / "hurt", max_pixels=100_000)
        except InputError:
            continue
        assert 0 <= picture.image.min() <= picture.image.max() <= 1


def test_too_many_pixels(save, colors):
    path = save(colors, "a.png")
    assert refusal(path, max_pixels=24 * 36 - 1) == (
        "a.png has 864 pixels (36×24), and the limit is 863. Give a smaller picture, or raise the limit: "
        "--max-pixels in the commands that have it, max_pixels in Python."
    )
    assert read_image(path, max_pixels=24 * 36).size == Size(24, 36)
    assert "limit is 863" in refusal(colors, max_pixels=863)
    assert "limit is 863" in refusal(Image.fromarray(colors), max_pixels=863)
    assert "limit is 863" in refusal(torch.rand(3, 24, 36), max_pixels=863)


def test_bombs_are_refused_by_their_header(tmp_path, encoded_by_pillow):
    bomb = bytearray(encoded_by_pillow("BMP"))
    bomb[18:26] = (60_000).to_bytes(4, "little") * 2
    (tmp_path / "bomb.bmp").write_bytes(bomb)
    message = refusal(tmp_path / "bomb.bmp")
    assert "limit" in message
    assert "max_pixels" in message


def test_our_limit_counts_and_not_pillows(save, monkeypatch):
    path = save(Image.new("L", (300, 300)), "a.png")
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 100)
    assert read_image(path).size == Size(300, 300)
    assert PIL.Image.MAX_IMAGE_PIXELS == 100


def test_empty_sizes(tmp_path, encoded_by_pillow):
    assert "empty" in refusal(Image.new("RGB", (0, 5)))
    png = bytearray(encoded_by_pillow("PNG"))
    png[16:20] = bytes(4)  # width; the checksum does not fit any more either
    (tmp_path / "zero.png").write_bytes(png)
    assert "zero.png" in refusal(tmp_path / "zero.png")


def test_other_sources():
    with pytest.raises((InputError, TypeError), match=r"opened in text mode|StringIO"):
        read_image(io.StringIO("text"))
    with pytest.raises((InputError, TypeError), match="list"):
        read_image([1, 2])


def test_a_disk_that_fails_in_between(save, colors):
    class Failing(io.BytesIO):
        def read(self, *_):
            raise OSError(5, "Input/output error")

    assert "Input/output error" in refusal(Failing(b"x"))


def test_closed_pillow_images_are_refused(save, colors):
    image = Image.open(save(colors, "a.png"))
    image.close()
    assert "picture in memory" in refusal(image)


def test_many_threads_leave_the_process_as_it_was(save, colors):
    """Warning filters and Pillow's limit are everybody's: changed in turn, they come back."""
    path = save(colors, "a.jpg")
    before = list(warnings.filters), PIL.Image.MAX_IMAGE_PIXELS
    with ThreadPoolExecutor(8) as pool:
        pictures = list(pool.map(read_image, [path] * 64))
    assert (list(warnings.filters), PIL.Image.MAX_IMAGE_PIXELS) == before
    assert all(torch.equal(picture.image, pictures[0].image) for picture in pictures)


@pytest.mark.parametrize(
    "content", [b"II*\0", b"MM\0*\0\0\0\x08", b"II+\0\x08\0", b"II*\0\xff\xff\xff\xff" + bytes(40)]
)
def test_tiff_files_without_a_directory(tmp_path, content):
    (tmp_path / "a.tif").write_bytes(content)
    assert refusal(tmp_path / "a.tif").startswith("a.tif is ")
