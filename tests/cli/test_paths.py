from __future__ import annotations

from pathlib import Path

import pytest

from brushwork.cli.paths import parse_regions, require_no_overwrite, shorten_path
from brushwork.errors import InputError


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.png", "b.png", "c:d.png"):
        Path(name).touch()


def test_pairs_of_files():
    assert parse_regions(["a.png:b.png", "b.png:a.png"], 1, 1) == (
        (Path("a.png"), Path("b.png")),
        (Path("b.png"), Path("a.png")),
    )
    assert parse_regions([], 5, 5) == ()


def test_the_photographs_mask_may_be_alone():
    assert parse_regions(["a.png", "c:d.png"], 1, 1) == ((Path("a.png"),), (Path("c:d.png"),))


def test_nothing_after_the_colon_is_all_of_the_painting():
    assert parse_regions(["a.png:", "c:d.png:"], 1, 1) == ((Path("a.png"),), (Path("c:d.png"),))
    Path("a.png:").touch()
    assert parse_regions(["a.png:"], 1, 1) == ((Path("a.png:"),),), "a file of that very name"


def test_a_colon_may_be_part_of_a_name():
    assert parse_regions(["c:d.png:a.png"], 1, 1) == ((Path("c:d.png"), Path("a.png")),)
    assert parse_regions(["a.png:c:d.png"], 1, 1) == ((Path("a.png"), Path("c:d.png")),)


@pytest.mark.parametrize(
    ("given", "contents", "results", "message"),
    [
        ("", 1, 1, "--region without a file name: give masks as content_mask.png:style_mask.png"),
        ("z.png", 1, 1, "the mask z.png of --region z.png does not exist"),
        ("z.png:", 1, 1, "the mask z.png of --region z.png: does not exist"),
        (":a.png", 1, 1, "the mask :a.png of --region :a.png does not exist"),
        ("a.png:z.png", 1, 1, "the mask z.png of --region a.png:z.png does not exist"),
        ("a.png:b.png", 2, 2, "there are 2: paint the content images one at a time"),
        ("a.png:b.png", 1, 2, "each of the 2 style images gives one: leave out --each"),
    ],
)
def test_what_is_no_pair_is_refused(given, contents, results, message):
    with pytest.raises(InputError, match=message):
        parse_regions([given], contents, results)


@pytest.mark.parametrize(
    ("there", "message"),
    [
        (["x.png", "x.png.checkpoint"], "x.png already exists: choose"),
        (["x.png", "y.png", "y.png.checkpoint"], "x.png and 1 more already exist: choose"),
        (["x.png.checkpoint"], "x.png.checkpoint already exists: choose"),
    ],
)
def test_files_that_would_be_overwritten_are_named_and_their_checkpoints_are_not(tmp_path, monkeypatch, there, message):
    monkeypatch.chdir(tmp_path)
    for name in there:
        Path(name).touch()
    with pytest.raises(InputError, match=message):
        require_no_overwrite([Path(one + ending) for one in ("x.png", "y.png") for ending in ("", ".checkpoint")])


def test_a_path_is_written_as_short_as_it_can_be(tmp_path):
    (tmp_path / "fold").mkdir()
    assert shorten_path(Path("fold/../a.png")) == Path("a.png")
    assert shorten_path(Path("fold/../../../../../../../../../../../usr/a.png")) == Path("/usr/a.png")
    assert shorten_path(Path("../a.png")) == Path("../a.png")
    assert shorten_path(tmp_path / "a.png") == tmp_path / "a.png"  # as it was given
    (tmp_path / "far" / "deep").mkdir(parents=True)
    Path("link").symlink_to(tmp_path / "far" / "deep")
    assert shorten_path(Path("link/../a.png")) == Path("far/a.png")
