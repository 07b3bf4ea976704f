"""`brushwork paint --painter`: from photographs to pictures by a network, in one pass."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from brushwork.fast.architectures import build
from brushwork.fast.johnson import Johnson
from brushwork.fast.painter import Painter, load_painter, save_painter
from brushwork.picture import Size, picture_size, read_metadata, read_picture

Run = Callable[..., Any]
SETTINGS = Johnson(width=4, blocks=1)


@pytest.fixture
def wall(desk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder with a photograph of 60×40, and a painter called wave, which is also known by its name."""
    generator = torch.Generator().manual_seed(0)
    noise = (torch.rand(40, 60, 3, generator=generator) * 255).to(torch.uint8).numpy()
    Image.fromarray(noise).save(desk / "photo.png")
    (desk / "shelf").mkdir()
    save_painter(Painter("wave", "johnson", SETTINGS, build(SETTINGS, seed=1)), desk / "shelf/wave.safetensors")
    monkeypatch.setenv("BRUSHWORK_PAINTERS", str(desk / "shelf"))
    return desk


def test_a_painter_is_called_by_its_name(wall: Path, run: Run) -> None:
    outcome = run("paint", "photo.png", "--painter", "wave")
    assert (outcome.code, outcome.out) == (0, "photo+wave.png\n")
    assert "at once" in outcome.err
    network = load_painter("wave").network
    with torch.no_grad():
        wanted = network(read_picture(wall / "photo.png").image).clamp(0, 1)
    assert (read_picture(wall / "photo+wave.png").image - wanted).abs().max() < 0.6 / 255


def test_the_record_says_who_painted_and_the_picture_can_be_repeated(wall: Path, run: Run) -> None:
    assert run("paint", "photo.png", "--painter", "shelf/wave.safetensors", "--strength", "0.5", "-q").code == 0
    record = json.loads(read_metadata(wall / "photo+wave.png") or "")
    assert (record["recipe"], record["network"]) == ("painter", "wave")
    assert record["options"]["strength"] == 0.5
    assert len(record["weights"]) == 64
    assert run("again", "photo+wave.png", "-q").code == 0
    assert (wall / "photo+wave-again.png").read_bytes() == (wall / "photo+wave.png").read_bytes()


def test_a_painter_that_changed_does_not_repeat(wall: Path, run: Run) -> None:
    file = wall / "shelf/mine.safetensors"
    save_painter(Painter("mine", "johnson", SETTINGS, build(SETTINGS, seed=1)), file)
    run("paint", "photo.png", "--painter", "shelf/mine.safetensors", "-q")
    save_painter(Painter("mine", "johnson", SETTINGS, build(SETTINGS, seed=2)), file, overwrite=True)
    outcome = run("again", "photo+mine.png")
    assert outcome.code == 2
    assert "has changed" in outcome.err
    file.unlink()
    assert "is missing" in run("again", "photo+mine.png").err


def test_sizes_colors_and_strength(wall: Path, run: Run) -> None:
    assert run("paint", "photo.png", "--painter", "wave", "--size", "48", "-o", "small.png", "-q").code == 0
    assert picture_size(wall / "small.png") == Size(32, 48)
    run("paint", "photo.png", "--painter", "wave", "--strength", "0", "-o", "none.png", "-q")
    assert torch.equal(read_picture(wall / "none.png").image, read_picture(wall / "photo.png").image)
    run("paint", "photo.png", "--painter", "wave", "--color", "match-linear", "-o", "matched.png", "-q")
    means = [read_picture(wall / name).image.mean((0, 2, 3)) for name in ("matched.png", "photo.png")]
    torch.testing.assert_close(*means, atol=0.03, rtol=0)


def test_folders_of_photographs(wall: Path, run: Run) -> None:
    (wall / "photos").mkdir()
    for name in ("a.png", "b.png"):
        (wall / "photos" / name).write_bytes((wall / "photo.png").read_bytes())
    (wall / "photos" / "broken.jpg").write_bytes(b"no picture")
    outcome = run("paint", "photos", "--painter", "wave", "-o", "painted")
    assert outcome.out.split() == ["painted/a+wave.png", "painted/b+wave.png"]
    assert outcome.code == 2
    assert "broken+wave.png" in outcome.err


def test_pipes(wall: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    given = io.TextIOWrapper(io.BytesIO((wall / "photo.png").read_bytes()))
    taken = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdin", given)
    monkeypatch.setattr(sys, "stdout", taken)
    assert run("paint", "-", "--painter", "wave", "-o", "-", "-q").code == 0
    assert Image.open(io.BytesIO(taken.buffer.getvalue())).size == (60, 40)  # type: ignore[attr-defined]


def test_json_tells_all(wall: Path, run: Run) -> None:
    document = json.loads(run("paint", "photo.png", "--painter", "wave", "--json", "-q").out)
    assert document["output"] == "photo+wave.png"
    assert document["recipe"] == "painter"
    assert document["size"] == [60, 40]


@pytest.mark.slow
def test_plans(wall: Path, run: Run) -> None:
    outcome = run("plan", "photo.png", "--painter", "wave", "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out)["fits"]


def test_frozen_statistics_of_a_small_picture_are_its_own(wall: Path, run: Run) -> None:
    run("paint", "photo.png", "--painter", "wave", "-o", "a.png", "-q")
    run("paint", "photo.png", "--painter", "wave", "--statistics", "frozen", "-o", "b.png", "-q")
    difference = read_picture(wall / "a.png").image - read_picture(wall / "b.png").image
    assert difference.abs().max() <= 1.01 / 255


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("photo.png", "waves.png", "--painter", "wave"), "waves.png and --painter wave were both given"),
        (("photo.png", "--painter", "wave", "--style", "waves.png"), "waves.png and --painter wave were both given"),
        (("photo.png",), "--painter NAME"),
        (("photo.png", "--painter", "wafe"), "Did you mean 'wave'"),
        (("photo.png", "--painter", "photo.png"), "photo.png is damaged, or no safetensors file"),
        (("photo.png", "--painter", "wave", "--instant"), "--instant and --painter were both given"),
        (("photo.png", "--painter", "wave", "--strength", "2"), "strength is 2"),
        (("photo.png", "waves.png", "--statistics", "frozen"), "--statistics is of painters"),
        (("photo.png", "--painter", "wave", "--color", "match-linear", "--color-when", "before"), "color-when after"),
        (("photo.png", "--painter", "wave", "--plot", "plot.png"), "--plot"),
    ],
)
def test_what_cannot_be_is_told(wall: Path, run: Run, arguments: tuple[str, ...], said: str) -> None:
    outcome = run("paint", *arguments)
    assert outcome.code == 2
    assert said in outcome.err
    assert outcome.out == ""


def test_flags_of_optimization_are_left_aside(wall: Path, run: Run) -> None:
    outcome = run("paint", "photo.png", "--painter", "wave", "--iterations", "10")
    assert outcome.code == 0
    assert "leaves aside --iterations" in outcome.err
