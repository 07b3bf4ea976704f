"""`brushwork style`: kept, mixed, shown, and painted with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from brushwork.controls import StyleFile
from brushwork.images import read_image, write_image
from brushwork.jobs import job_from_image, plan_job
from brushwork.recipes import extract_style
from tiny_job import TINY, picture, run_tiny_job, tiny_job, tiny_network

Run = Callable[..., Any]

LAYERS = ("--style-layers", "conv1_1", "conv2_1", "--content-layers", "conv2_1", "--size", "64", "--min-size", "32")


@pytest.fixture(autouse=True)
def use_tiny_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every network is the tiny one."""
    monkeypatch.setattr("brushwork.options.encoder.load_encoder_for", lambda options, device: tiny_network())


@pytest.fixture
def workdir_with_paintings(workdir: Path) -> Path:
    for number, name in enumerate(("starry.png", "wave.png")):
        write_image(picture(number, 50, 60), workdir / name)
    return workdir


def test_a_style_is_kept_beside_and_shown(run: Run, workdir_with_paintings: Path) -> None:
    outcome = run("style", "extract", "starry.png", *LAYERS, "--device", "cpu")
    assert (outcome.code, outcome.out) == (0, "starry.style\n")
    assert "the style of starry.png, 0.0 MB" in outcome.err
    shown = run("style", "info", "starry.style").out
    assert shown.startswith("starry.png: at 32 and 64 pixels; pixels, relu1_1, relu2_1; network tiny, pooling max")


def test_an_output_of_the_environment_is_for_paintings(
    run: Run, workdir_with_paintings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRUSHWORK_OUTPUT", "out.png")
    assert run("style", "extract", "starry.png", *LAYERS, "--device", "cpu").out == "starry.style\n"


def test_styles_are_mixed_by_weight(run: Run, workdir_with_paintings: Path) -> None:
    for name in ("starry", "wave"):
        run("style", "extract", f"{name}.png", *LAYERS, "-o", f"{name}.style")
    assert run("style", "blend", "starry.style:3", "wave.style", "-o", "both.style").code == 0
    starry, wave, both = (
        StyleFile.read(workdir_with_paintings / f"{name}.style") for name in ("starry", "wave", "both")
    )
    means = [one.styles[64].statistics["relu2_1"].mean for one in (starry, wave, both)]
    assert both.source == "starry.png + wave.png"
    assert ((0.75 * means[0] + 0.25 * means[1]) - means[2]).abs().max() < 1e-6
    assert run("style", "blend", "starry.style", "wave.style").out == "starry+wave.style\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("extract", "starry.png", *LAYERS, "-o", "starry.png"), "its name must end in .style"),
        (("extract", "starry.png", *LAYERS, "-o", "there.style"), "there.style already exists"),
        (("extract", "none.png", *LAYERS), "none.png"),
        (("blend", "there.style:much"), "'much' is not a weight; write it like starry.style:0.7"),
        (("blend", "there.style"), "there.style is damaged, or is not a style"),
        (("blend",), "no style was given"),
        (("info", "none.style"), "none.style is missing"),
    ],
)
def test_what_cannot_be_done_is_refused(
    run: Run, workdir_with_paintings: Path, arguments: tuple[str, ...], message: str
) -> None:
    (workdir_with_paintings / "there.style").write_bytes(b"something else")
    outcome = run("style", *arguments)
    assert outcome.code == 2
    assert message in outcome.err
    assert (workdir_with_paintings / "there.style").read_bytes() == b"something else"


@pytest.mark.parametrize("output", ["there.style", "nowhere/a.style", "a.png"])
def test_an_output_that_cannot_be_is_reported_before_anything_is_encoded(
    run: Run, workdir_with_paintings: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    (workdir_with_paintings / "there.style").write_bytes(b"something else")
    monkeypatch.setattr("brushwork.recipes.extract_style", lambda *_, **__: pytest.fail("it was encoded"))
    assert run("style", "extract", "starry.png", *LAYERS, "-o", output).code == 2


def test_force_overwrites(run: Run, workdir_with_paintings: Path) -> None:
    (workdir_with_paintings / "starry.style").write_bytes(b"something else")
    assert run("style", "extract", "starry.png", *LAYERS, "--force").code == 0
    assert StyleFile.read(workdir_with_paintings / "starry.style").source == "starry.png"


@pytest.mark.slow
def test_a_job_paints_with_it_as_with_the_painting_and_again(workdir_with_paintings: Path) -> None:
    options = replace(TINY, init="recolored")  # a style file has no picture to take patches from
    with_painting = tiny_job(workdir_with_paintings, options=options)
    kept = workdir_with_paintings / "painting.style"
    image = read_image(with_painting.styles[0]).image
    extract_style(image, with_painting.options, "painting.png", encoder=tiny_network()).write(kept)
    with_style = tiny_job(
        workdir_with_paintings, options=options, styles=(kept,), output=workdir_with_paintings / "styled.png"
    )
    assert plan_job(with_style, measure_time=False, network=tiny_network()).memory > 0
    run_tiny_job(with_painting)
    run_tiny_job(with_style)
    first, second = (read_image(job.output).image for job in (with_painting, with_style))
    assert (first - second).abs().max() == 0
    repeat = job_from_image(with_style.output).job
    assert repeat.styles[0].name == "painting.style"
    run_tiny_job(repeat)
    assert (read_image(repeat.output).image - second).abs().max() == 0


def test_paint_takes_a_style_for_a_painting(run: Run, runner: Any, workdir_with_paintings: Path) -> None:
    run("style", "extract", "starry.png", *LAYERS)
    assert run("paint", "photo.jpg", "starry.style").code == 0
    assert [path.name for path in runner.job.styles] == ["starry.style"]
    assert runner.job.output.name == "photo+starry.png"
