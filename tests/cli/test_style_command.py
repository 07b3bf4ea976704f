"""`brushwork style`: kept, mixed, shown, and painted with."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1] / "jobs"))
from tiny_job import painted, picture, tiny_job, tiny_network

from brushwork.cli import style as module
from brushwork.jobs import again, plan
from brushwork.picture import read_picture, write_picture
from brushwork.recipes import KeptStyle, take_style

Run = Callable[..., Any]

LAYERS = ("--style-layers", "conv1_1", "conv2_1", "--content-layers", "conv2_1", "--size", "64", "--coarsest", "32")


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every network is the tiny one."""
    monkeypatch.setattr(module, "encoder_for", lambda options, device: tiny_network())


@pytest.fixture
def studio_folder(desk: Path) -> Path:
    for number, name in enumerate(("starry.png", "wave.png")):
        write_picture(picture(number, 50, 60), desk / name)
    return desk


def test_a_style_is_kept_beside_and_shown(run: Run, studio_folder: Path) -> None:
    outcome = run("style", "save", "starry.png", *LAYERS, "--device", "cpu")
    assert (outcome.code, outcome.out) == (0, "starry.style\n")
    assert "the style of starry.png, 0.0 MB" in outcome.err
    shown = run("style", "show", "starry.style").out
    assert shown.startswith("starry.png: at 32 and 64 pixels; relu1_1, relu2_1; network tiny, pooling max")


def test_styles_are_mixed_by_weight(run: Run, studio_folder: Path) -> None:
    for name in ("starry", "wave"):
        run("style", "save", f"{name}.png", *LAYERS, "-o", f"{name}.style")
    assert run("style", "mix", "starry.style:3", "wave.style", "-o", "both.style").code == 0
    starry, wave, both = (KeptStyle.read(studio_folder / f"{name}.style") for name in ("starry", "wave", "both"))
    means = [one.styles[64].moments["relu2_1"].mean for one in (starry, wave, both)]
    assert both.source == "starry.png + wave.png"
    assert ((0.75 * means[0] + 0.25 * means[1]) - means[2]).abs().max() < 1e-6
    assert run("style", "mix", "starry.style", "wave.style").out == "starry+wave.style\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("save", "starry.png", *LAYERS, "-o", "starry.png"), "its name must end in .style"),
        (("save", "starry.png", *LAYERS, "-o", "there.style"), "there.style is there already"),
        (("save", "none.png", *LAYERS), "none.png"),
        (("mix", "there.style:much"), "'much' is no weight; write as in starry.style:0.7"),
        (("mix", "there.style"), "there.style is no style"),
        (("mix",), "no style was given"),
        (("show", "none.style"), "none.style is missing"),
    ],
)
def test_what_cannot_be_done_is_refused(run: Run, studio_folder: Path, arguments: tuple[str, ...], said: str) -> None:
    (studio_folder / "there.style").write_bytes(b"something else")
    outcome = run("style", *arguments)
    assert outcome.code == 2
    assert said in outcome.err
    assert (studio_folder / "there.style").read_bytes() == b"something else"


def test_force_overwrites(run: Run, studio_folder: Path) -> None:
    (studio_folder / "starry.style").write_bytes(b"something else")
    assert run("style", "save", "starry.png", *LAYERS, "--force").code == 0
    assert KeptStyle.read(studio_folder / "starry.style").source == "starry.png"


@pytest.mark.slow
def test_a_job_paints_with_it_as_with_the_painting_and_again(studio_folder: Path) -> None:
    with_painting = tiny_job(studio_folder)
    kept = studio_folder / "painting.style"
    image = read_picture(with_painting.paintings[0]).image
    take_style(image, with_painting.options, "painting.png", encoder=tiny_network()).write(kept)
    with_style = tiny_job(studio_folder, paintings=(kept,), output=studio_folder / "styled.png")
    assert plan(with_style, timed=False, encoder=tiny_network()).memory > 0
    painted(with_painting)
    painted(with_style)
    first, second = (read_picture(job.output).image for job in (with_painting, with_style))
    assert (first - second).abs().max() == 0
    repeat = again(with_style.output).job
    assert repeat.paintings[0].name == "painting.style"
    painted(repeat)
    assert (read_picture(repeat.output).image - second).abs().max() == 0


def test_paint_takes_a_style_for_a_painting(run: Run, studio: Any, studio_folder: Path) -> None:
    run("style", "save", "starry.png", *LAYERS)
    assert run("paint", "photo.jpg", "starry.style").code == 0
    assert [path.name for path in studio.job.paintings] == ["starry.style"]
    assert studio.job.output.name == "photo+starry.png"
