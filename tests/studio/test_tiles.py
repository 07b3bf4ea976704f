"""Large pictures by their tiles."""

from __future__ import annotations

from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from brushwork.studio import tiles
from brushwork.studio.tile_writer import to_eight_bits
from studio_pictures import film, png, put

API = "/api/v1/deepzoom"


@pytest.fixture
def small_tiles(monkeypatch):
    monkeypatch.setattr(tiles, "TILE", 30)


def tile(client, sha256, name):
    answer = client.get(f"{API}/{sha256}_files/{name}.jpeg")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    with Image.open(BytesIO(answer.body)) as image:
        return np.asarray(image, dtype=float)


def test_a_picture_is_cut_into_tiles_of_every_size(client, folder, database, small_tiles):
    data = png(1, (80, 64))
    sha256 = put(folder, database, data)
    answer = client.get(f"{API}/{sha256}.dzi")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/xml")
    described = ElementTree.fromstring(answer.body)
    assert (described.get("TileSize"), described.get("Overlap"), described.get("Format")) == ("30", "1", "jpeg")
    assert dict(described[0].items()) == {"Width": "80", "Height": "64"}
    with Image.open(BytesIO(data)) as image:
        whole = np.asarray(image.convert("RGB"), dtype=float)
    # level 7 is the first of at least 80 pixels; a tile shares a pixel with each neighbor
    for name, rows, columns in (
        ("7/0_0", slice(0, 31), slice(0, 31)),
        ("7/1_1", slice(29, 61), slice(29, 61)),
        ("7/2_2", slice(59, 64), slice(59, 80)),
    ):
        found, expected = tile(client, sha256, name), whole[rows, columns]
        assert found.shape == expected.shape
        assert abs(found - expected).mean() < 8  # smooth colors at quality 90; a tile of another place is off by tens
    assert tile(client, sha256, "6/1_1").shape == (3, 11, 3)  # half the size: 40 by 32
    assert tile(client, sha256, "0/0_0").shape == (1, 1, 3)
    quarter = whole.reshape(16, 4, 20, 4, 3).mean(axis=(1, 3))
    assert abs(tile(client, sha256, "5/0_0") - quarter).mean() < 8


def test_gray_of_sixteen_bits_is_scaled_to_eight(client, folder, database, small_tiles):
    """In tiles and thumbnails, and whichever level is said to be transparent."""
    buffer = BytesIO()
    Image.fromarray(np.tile(np.linspace(0, 65535, 64, dtype=np.uint16), (48, 1))).save(buffer, "PNG", transparency=1000)
    sha256 = put(folder, database, buffer.getvalue())
    expected = np.linspace(0, 255, 64)
    assert abs(tile(client, sha256, "6/0_0").mean((0, 2))[:31] - expected[:31]).max() < 6
    with Image.open(BytesIO(client.get(f"/api/v1/files/{sha256}/thumbnail?width=160").body)) as shown:
        assert abs(np.asarray(shown.convert("L"), dtype=float).mean(0) - expected).max() < 6


def test_gray_of_floats_is_scaled_to_eight_bits():
    levels = np.asarray(to_eight_bits(Image.fromarray(np.array([[0, 0.5, 1]], np.float32))))
    assert levels.tolist() == [[0, 128, 255]]


def test_what_is_transparent_is_white(client, folder, database):
    buffer = BytesIO()
    Image.new("RGBA", (40, 40), (200, 0, 0, 0)).save(buffer, "PNG")
    sha256 = put(folder, database, buffer.getvalue())
    assert tile(client, sha256, "6/0_0").min() >= 254


def test_there_are_tiles_of_pictures_only(client, folder, database, tmp_path):
    sha256 = put(folder, database, png(1))
    assert client.get(f"{API}/{sha256}_files/7/9_9.jpeg").status == 404
    assert client.get(f"{API}/{sha256}_files/7/-1_0.jpeg").status in (404, 422)
    assert client.get(f"{API}/{'0' * 64}.dzi").status == 404
    pytest.importorskip("av", reason="the extra `video` is not installed")
    answer = client.request("PUT", "/api/v1/files", body=film(tmp_path / "film.mp4"))
    assert client.get(f"{API}/{answer.json()['sha256']}.dzi").status == 404


def test_a_damaged_picture_leaves_nothing_behind(client, folder, database):
    sha256 = put(folder, database, png(1))
    folder.stored(sha256).write_bytes(png(1)[:200])
    assert client.get(f"{API}/{sha256}.dzi").status == 422
    assert not folder.tiles(sha256).exists()


def test_tiles_of_few_pictures_are_kept(client, folder, database, monkeypatch):
    monkeypatch.setattr(tiles, "_MOST_PICTURES", 2)
    pictures = [put(folder, database, png(seed)) for seed in (1, 2, 3)]
    for sha256 in pictures:
        assert client.get(f"{API}/{sha256}.dzi").status == 200
    assert [folder.tiles(one).exists() for one in pictures] == [False, True, True]
    assert client.get(f"{API}/{pictures[0]}_files/0/0_0.jpeg").status == 200  # they are made again
