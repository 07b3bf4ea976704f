"""Which files of a folder are pictures."""

from __future__ import annotations

from pathlib import Path

import PIL.Image
import pytest
from PIL import features

from brushwork.errors import InputError
from brushwork.images import formats as module
from brushwork.images import read_image
from brushwork.images.formats import decoded_formats, find_images, image_suffixes


@pytest.fixture
def fresh():
    """What can be decoded is found out anew, before and after."""
    decoded_formats.cache_clear(), image_suffixes.cache_clear()
    yield
    decoded_formats.cache_clear(), image_suffixes.cache_clear()


def test_the_endings_are_those_of_what_is_decoded():
    assert {
        ".png",
        ".jpg",
        ".jpeg",
        ".jfif",
        ".tif",
        ".tiff",
        ".bmp",
        ".gif",
        ".ppm",
        ".tga",
        ".psd",
    } <= image_suffixes()
    assert (".jp2" in image_suffixes()) == features.check("jpg_2000")
    assert not image_suffixes() & {".pdf", ".eps", ".ps", ".wmf", ".mpg", ".h5", ".txt", ""}


def test_a_format_that_pillow_was_built_without_has_no_endings(monkeypatch, fresh):
    monkeypatch.setattr(module.features, "check", lambda feature: feature != "jpg_2000")
    assert "JPEG2000" not in decoded_formats()
    assert not image_suffixes() & {".jp2", ".j2k"}


@pytest.mark.parametrize(
    "ending", sorted(image_suffixes() & {".jfif", ".jpe", ".avif", ".jp2", ".tga", ".qoi", ".dib", ".pgm"})
)
def test_what_is_taken_from_a_folder_is_read(tmp_path, colors, ending):
    known = PIL.Image.registered_extensions()[ending]
    if known not in PIL.Image.SAVE:
        pytest.skip("this Pillow cannot write it")
    picture = PIL.Image.fromarray(colors)
    (picture.convert("L") if ending == ".pgm" else picture).save(tmp_path / f"a{ending.upper()}", known)
    (path,) = find_images(tmp_path).images
    assert read_image(path).size == (24, 36)


def test_what_is_passed_over_is_counted(tmp_path, colors):
    picture = PIL.Image.fromarray(colors)
    (tmp_path / "more").mkdir()
    (tmp_path / "folder.jpg").mkdir()
    for name in ("b.png", "a.JFIF", "more/c.bmp"):
        picture.save(tmp_path / name, PIL.Image.registered_extensions()[Path(name).suffix.lower()])
    for name in ("notes.txt", "more/d.heic", "e.heic", ".hidden", "README"):
        (tmp_path / name).write_text("")
    found = find_images(tmp_path)
    assert [one.name for one in found.images] == ["a.JFIF", "b.png"]
    assert found.note is not None
    assert found.note.startswith(f"{tmp_path}: 3 files are skipped, without an image file's ending (")
    assert "no ending" in found.note
    found = find_images(tmp_path, within=True)
    assert [one.name for one in found.images] == ["a.JFIF", "b.png", "c.bmp"]
    assert found.note == f"{tmp_path}: 4 files are skipped, without an image file's ending (.heic, no ending, .txt)."


def test_nothing_is_reported_where_nothing_is_passed_over(tmp_path, colors):
    PIL.Image.fromarray(colors).save(tmp_path / "a.png")
    assert find_images(tmp_path).note is None


def test_a_folder_without_pictures_is_refused(tmp_path):
    (tmp_path / "a.heic").write_text("")
    with pytest.raises(InputError, match=r"holds no pictures: give one with PNG, .*1 file is skipped.*\.heic"):
        find_images(tmp_path)
