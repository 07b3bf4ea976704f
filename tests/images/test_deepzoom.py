"""Deep Zoom: a file, its tiles and its page, all of them or none."""

from __future__ import annotations

import json
import os
import re
import sys
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

from brushwork.errors import InputError
from brushwork.images import check_writable, has_alpha, read_metadata, write_image

pyvips = pytest.importorskip("pyvips")

SCHEMA = "{http://schemas.microsoft.com/deepzoom/2008}"


@pytest.fixture
def smooth():
    return torch.nn.functional.interpolate(torch.rand(1, 3, 5, 6), (310, 520), mode="bilinear")


def listed(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_file_says_how_large_the_picture_is(smooth, tmp_path):
    path = write_image(smooth, tmp_path / "sea.dzi", metadata='{"a": "<"}')
    assert listed(tmp_path) == ["sea.dzi", "sea.html", "sea_files"]
    root = ElementTree.parse(path).getroot()
    assert root.tag == f"{SCHEMA}Image"
    assert root.attrib == {"Format": "jpg", "Overlap": "1", "TileSize": "254"}
    assert root.find(f"{SCHEMA}Size").attrib == {"Width": "520", "Height": "310"}
    assert read_metadata(path) == '{"a": "<"}'


def test_tiles_overlap_by_a_pixel_and_cover_the_picture(smooth, tmp_path):
    write_image(smooth, tmp_path / "sea.dzi")
    assert sorted(map(int, listed(tmp_path / "sea_files"))) == list(range(11))
    assert listed(tmp_path / "sea_files" / "10") == [f"{x}_{y}.jpg" for x in range(3) for y in range(2)]
    expected = smooth[0].permute(1, 2, 0).numpy()
    for column in range(3):
        for row in range(2):
            with Image.open(tmp_path / "sea_files" / "10" / f"{column}_{row}.jpg") as tile:
                left, top = max(0, 254 * column - 1), max(0, 254 * row - 1)
                there = expected[top : min(310, 254 * (row + 1) + 1), left : min(520, 254 * (column + 1) + 1)]
                assert np.abs(np.asarray(tile) / 255 - there).max() < 0.05
    with Image.open(tmp_path / "sea_files" / "9" / "0_0.jpg") as tile:
        half = smooth[..., :200, :200].reshape(3, 100, 2, 100, 2).mean((2, 4)).permute(1, 2, 0).numpy()
        assert np.abs(np.asarray(tile)[:100, :100] / 255 - half).max() < 0.05


def test_the_page_knows_its_picture_and_needs_nothing_else(smooth, tmp_path):
    write_image(smooth, tmp_path / "a <b> & c.dzi")
    page = (tmp_path / "a <b> & c.html").read_text(encoding="utf-8")
    configuration = json.loads(re.search(r"const picture = (.*);", page)[1])
    assert configuration == {
        "files": "a%20%3Cb%3E%20%26%20c_files",
        "width": 520,
        "height": 310,
        "tile": 254,
        "overlap": 1,
    }
    assert "<title>a &lt;b&gt; &amp; c</title>" in page
    assert "{{" not in page
    assert "http" not in page


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_the_page_finds_the_tiles_of_a_name_that_is_no_utf8(smooth, tmp_path):
    write_image(smooth, tmp_path / os.fsdecode(b"caf\xe9.dzi"))
    page = (tmp_path / os.fsdecode(b"caf\xe9.html")).read_text(encoding="utf-8")
    configuration = json.loads(re.search(r"const picture = (.*);", page)[1])
    assert (tmp_path / os.fsdecode(unquote_to_bytes(configuration["files"]))).is_dir()
    assert r"<title>caf\xe9</title>" in page


def test_nothing_is_overwritten_unasked(smooth, tmp_path):
    (tmp_path / "sea_files").mkdir()
    (tmp_path / "sea_files" / "mine").touch()
    with pytest.raises(InputError, match="sea_files already exists"):
        write_image(smooth, tmp_path / "sea.dzi")
    with pytest.raises(InputError, match="sea_files already exists"):
        check_writable(tmp_path / "sea.dzi", overwrite=False)
    write_image(smooth, tmp_path / "sea.dzi", overwrite=True)
    assert not (tmp_path / "sea_files" / "mine").exists()
    write_image(smooth[..., :40, :40], tmp_path / "sea.dzi", overwrite=True)
    assert sorted(map(int, listed(tmp_path / "sea_files"))) == list(range(7))
    assert listed(tmp_path) == ["sea.dzi", "sea.html", "sea_files"]


def test_a_failure_leaves_what_was_there(smooth, tmp_path, monkeypatch):
    path = write_image(smooth, tmp_path / "sea.dzi")

    def failing(*_, **__):
        raise pyvips.Error("no room")

    monkeypatch.setattr(pyvips.Image, "dzsave", failing, raising=False)
    with pytest.raises(InputError, match=r"tiles of sea cannot be written \(no room\)"):
        write_image(smooth, path, overwrite=True)
    assert listed(tmp_path) == ["sea.dzi", "sea.html", "sea_files"]
    assert len(listed(tmp_path / "sea_files")) == 11


def test_transparent_pictures_are_shown_over_white(tmp_path):
    path = tmp_path / "a.dzi"
    assert not has_alpha(path)
    write_image(torch.zeros(1, 3, 9, 9), path, alpha=torch.zeros(1, 1, 9, 9))
    with Image.open(tmp_path / "a_files" / "4" / "0_0.jpg") as tile:
        assert np.asarray(tile).min() == 255


def test_without_pyvips_it_is_refused_beforehand(smooth, tmp_path, no_vips):
    for attempt in (write_image, lambda _, path: check_writable(path, overwrite=False)):
        with pytest.raises(InputError, match=r"(with|in) tiles, which needs pyvips"):
            attempt(smooth, tmp_path / "sea.dzi")
    assert listed(tmp_path) == []
