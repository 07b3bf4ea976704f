"""16 bits a sample: kept through pyvips, or refused with the name of what to install."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from brushwork.errors import InputError
from brushwork.images import read_image
from brushwork.images.geometry import Size


def levels(picture):
    exact = picture.image[0].permute(1, 2, 0).double().numpy() * 65535
    assert np.abs(exact - exact.round()).max() < 0.01
    return exact.round().astype(np.uint16)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_16_bits_are_kept_exactly(save_deep, deep_colors, name):
    picture = read_image(save_deep(deep_colors, name, "rgb16"))
    assert np.array_equal(levels(picture), deep_colors)
    assert (picture.bits, picture.alpha, picture.notes, picture.name) == (16, None, (), name)


def test_16_bits_from_an_open_file(save_deep, deep_colors):
    with save_deep(deep_colors, "a.png", "rgb16").open("rb") as file:
        assert read_image(file).bits == 16
    with pytest.raises(InputError, match="limit is 863"), save_deep(deep_colors, "a.png", "rgb16").open("rb") as file:
        read_image(file, max_pixels=863)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_16_bit_alpha(save_deep, deep_colors, name):
    alpha = np.full((24, 36, 1), 0x1234, np.uint16)
    alpha[:12] = 65535
    picture = read_image(save_deep(np.concatenate([deep_colors, alpha], -1), name, "rgb16"))
    assert (picture.alpha[0, 0, [0, 23], 0] * 65535).round().tolist() == [65535, 0x1234]
    assert np.array_equal(levels_of(picture.image[..., :12, :]), deep_colors[:12])


def levels_of(image):
    return (image[0].permute(1, 2, 0).double().numpy() * 65535).round().astype(np.uint16)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("name_of_reader", ["pyvips", "pillow"])
def test_16_bit_gray_needs_nothing_more(save_deep, deep_colors, name, name_of_reader, request):
    gray = deep_colors[..., 0]
    path = save_deep(gray[..., None], name, "grey16")
    if name_of_reader == "pillow":
        request.getfixturevalue("no_vips")
    picture = read_image(path)
    assert np.array_equal(levels(picture), np.repeat(gray[..., None], 3, -1))
    assert (picture.bits, picture.notes) == (16, ())


def test_16_bit_gray_with_alpha(save_deep, deep_colors):
    layers = np.stack([deep_colors[..., 0], np.full((24, 36), 30000, np.uint16)], -1)
    picture = read_image(save_deep(layers, "a.tif", "grey16"))
    assert picture.alpha.unique().item() == pytest.approx(30000 / 65535)


def test_16_bit_gray_with_one_clear_level(save, no_vips):
    gray = np.full((4, 5), 1000, np.uint16)
    gray[0, 0] = 500
    path = save(gray, "a.png", transparency=500)
    picture = read_image(path)
    assert picture.alpha[0, 0, 0].tolist() == [0, 1, 1, 1, 1]
    assert (picture.image * 65535).round().unique().tolist() == [1000]


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_without_pyvips_16_bits_are_refused(save_deep, deep_colors, name, no_vips):
    with pytest.raises(InputError) as caught:
        read_image(save_deep(deep_colors, name, "rgb16"))
    assert str(caught.value) == (f"{name} has 16 bits a sample, which needs pyvips: pip install 'brushwork[giant]'.")


def test_a_pyvips_without_its_library_counts_as_missing(save_deep, deep_colors, tmp_path, monkeypatch):
    path = save_deep(deep_colors, "a.png", "rgb16")
    (tmp_path / "pyvips.py").write_text("raise OSError('cannot load library libvips.so.42')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "pyvips")
    with pytest.raises(InputError, match="giant"):
        read_image(path)


def test_16_bits_that_pillow_has_narrowed_are_said(save_deep, deep_colors):
    for name in ("a.png", "a.tif"):
        with Image.open(save_deep(deep_colors, name, "rgb16")) as image:
            picture = read_image(image)
        assert picture.bits == 8
        assert picture.notes == ("16 bits a sample, of which Pillow keeps 8: give the file to keep all",)


def test_16_bit_ppm_is_refused(tmp_path):
    (tmp_path / "a.ppm").write_bytes(b"P6 1 1 65535\n" + bytes(range(6)))
    with pytest.raises(InputError, match="save it as PNG or TIFF"):
        read_image(tmp_path / "a.ppm")
    (tmp_path / "a.pgm").write_bytes(b"P5 1 1 65535\n" + bytes((0x12, 0x34)))
    assert (read_image(tmp_path / "a.pgm").image * 65535).round().unique().tolist() == [0x1234]


@pytest.mark.parametrize("bands", [1, 3, 4])
def test_float_tiff(save_deep, bands):
    values = np.random.default_rng(2).random((6, 7, bands)).astype(np.float32)
    values[..., 3:] = 1
    picture = read_image(save_deep(values, "a.tif", "scrgb" if bands > 1 else "b-w"))
    assert np.allclose(picture.image[0].permute(1, 2, 0).numpy(), values[..., :3], atol=1 / 65535)
    assert picture.bits == 16


def test_float_gray_tiff_without_pyvips(save, no_vips):
    values = np.random.default_rng(2).random((6, 7)).astype(np.float32)
    picture = read_image(save(values, "a.tif"))
    assert np.allclose(picture.image[0, 1].numpy(), values, atol=1 / 65535)


@pytest.mark.parametrize(("value", "message"), [(np.nan, "NaN"), (255.0, "to 255"), (-1.0, "from -1")])
@pytest.mark.parametrize("name_of_reader", ["pyvips", "pillow"])
def test_float_tiff_out_of_range(save, value, message, name_of_reader, request):
    path = save(np.full((4, 5), value, np.float32), "a.tif")
    if name_of_reader == "pillow":
        request.getfixturevalue("no_vips")
    with pytest.raises(InputError, match=message):
        read_image(path)


def test_other_whole_numbers():
    picture = read_image(Image.fromarray(np.array([[0, 300, 65535]], np.int32)))
    assert (picture.image[0, 0, 0] * 65535).round().tolist() == [0, 300, 65535]
    with pytest.raises(InputError, match="from 0 to 65536"):
        read_image(Image.fromarray(np.array([[0, 65536]], np.int32)))


def test_whole_numbers_of_32_bits_are_refused(save_deep):
    path = save_deep(np.full((4, 5, 3), 7, np.uint32), "a.tif", "rgb")
    with pytest.raises(InputError, match="uint32"):
        read_image(path)


def test_pictures_with_more_channels_are_refused(save_deep):
    with pytest.raises(InputError, match="7 samples in a pixel"):
        read_image(save_deep(np.zeros((4, 5, 7), np.uint16), "a.tif", "multiband"))


def test_big_endian_gray(tmp_path):
    image = Image.fromarray(np.array([[1, 2, 0x1234]], ">u2"))
    content = BytesIO()
    image.save(content, "TIFF")
    assert (read_image(content).image[0, 0, 0] * 65535).round().tolist() == [1, 2, 0x1234]
    assert (read_image(image).image[0, 0, 0] * 65535).round().tolist() == [1, 2, 0x1234]


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_16_bit_profiles(save_deep, deep_colors, wide_profile, wide_to_srgb, name):
    picture = read_image(save_deep(deep_colors, name, "rgb16", icc=wide_profile))
    assert picture.notes == ("converted from A wide space to sRGB",)
    error = np.abs(picture.image[0].permute(1, 2, 0).numpy() - wide_to_srgb(deep_colors / 65535))
    assert np.median(error) < 1e-4  # far finer than 8 bits, which are 1e-3 off
    assert np.quantile(error, 0.95) < 1e-3  # the curve of sRGB is a table near black


def test_16_bit_gray_profiles(save, deep_colors, gray_profile, wide_profile, wide_to_srgb, request):
    gray = deep_colors[..., :1]
    expected = wide_to_srgb(np.repeat(gray, 3, -1) / 65535)
    paths = [save(gray[..., 0], f"{i}.tif", icc_profile=icc) for i, icc in enumerate((gray_profile, wide_profile))]
    for path in paths:
        image = read_image(path).image[0].permute(1, 2, 0).numpy()
        assert np.median(np.abs(image - expected)) < 1e-4
    request.getfixturevalue("no_vips")
    picture = read_image(paths[0])
    assert picture.notes == (
        "its color profile was ignored, because pyvips is not installed: pip install 'brushwork[giant]'",
    )
    assert np.array_equal(levels(picture), np.repeat(gray, 3, -1))


def test_16_bit_srgb_profiles_change_nothing(save_deep, deep_colors, srgb_made_elsewhere):
    picture = read_image(save_deep(deep_colors, "a.png", "rgb16", icc=srgb_made_elsewhere))
    assert np.array_equal(levels(picture), deep_colors)
    assert picture.notes == ()


def test_16_bit_cmyk(save_deep):
    import pyvips

    paints = np.array([[[0, 0, 0, 0], [65535, 0, 0, 0], [0, 0, 0, 65535]]], np.uint16)
    plain = read_image(save_deep(paints, "a.tif", "cmyk"))
    assert plain.image[0, :, 0].T.tolist() == [[1, 1, 1], [0, 1, 1], [0, 0, 0]]
    assert plain.notes == ("converted from CMYK without a profile: its colors are approximate",)
    profile = bytes(pyvips.Operation.call("profile_load", "cmyk"))
    printed = read_image(save_deep(paints, "b.tif", "cmyk", icc=profile))
    assert printed.notes[0].startswith("converted from CMYK (")
    assert printed.image[0, :, 0, 0].min() > 0.98
    assert printed.image[0, 1, 0, 1] < 0.8


def test_16_bit_lab(save_deep):
    red = np.array([[[54.29, 80.81, 69.89], [100, 0, 0]]], np.float32)  # under D50
    picture = read_image(save_deep(red, "a.tif", "lab"))
    assert picture.notes == ("converted from Lab to sRGB",)
    assert picture.image[0, :, 0].T.flatten().tolist() == pytest.approx([1, 0, 0, 1, 1, 1], abs=0.01)


def test_16_bit_orientation(save_deep, deep_colors):
    import pyvips

    image = pyvips.Image.new_from_array(deep_colors, interpretation="rgb16").copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    for ending in (".png", ".tif"):
        picture = read_image(BytesIO(image.write_to_buffer(ending)))
        assert picture.size == Size(36, 24)
        assert np.array_equal(levels(picture), np.rot90(deep_colors, -1))


def test_16_bit_pages(save_deep, deep_colors):
    path = save_deep(np.concatenate([deep_colors, deep_colors // 2]), "a.tif", "rgb16", page_height=24)
    picture = read_image(path)
    assert picture.notes == ("2 frames: only the first is used",)
    assert np.array_equal(levels(picture), deep_colors)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.9])
def test_16_bit_files_that_were_cut_short(save_deep, deep_colors, name, share, capfd):
    path = save_deep(deep_colors, name, "rgb16")
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match="damaged"):
        read_image(path)
    assert capfd.readouterr() == ("", "")


def test_the_largest_level_is_one(save_deep):
    path = save_deep(np.full((4, 5, 3), 65535, np.uint16), "a.png", "rgb16")
    assert torch.all(read_image(path).image == 1)
