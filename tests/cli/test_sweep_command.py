"""`brushwork sweep`: what is painted, what is written, what is reported before anything is painted."""

from __future__ import annotations

import html
import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from brushwork.images import image_size

Run = Callable[..., Any]

SMALL = ("--size", "32", "--iterations", "3", "--style-layers", "conv1_1", "--content-layers", "conv1_1")


@pytest.mark.slow
def test_a_page_a_sheet_and_commands(workdir: Path, run: Run, runner: Any) -> None:
    varied = ("--vary", "style=*.png", "--vary", "style-weight=0.01,1e3", "-o", "found")
    outcome = run("sweep", "photo.jpg", *varied, *SMALL)
    assert outcome.code == 0, outcome.err
    assert outcome.out.split() == ["found/report.html", "found/sheet.png"]
    assert "4 pictures to paint\n" in outcome.err and "4/4 style_" in outcome.err
    figures = json.loads((workdir / "found/figures.json").read_text())
    cells = {(cell["row"], cell["column"]): cell for cell in figures["cells"]}
    assert list(cells) == [(f"style {a}", f"style-weight {b}") for a in ("night", "waves") for b in ("0.01", "1e3")]
    assert len({(workdir / "found" / cell["picture"]).read_bytes() for cell in cells.values()}) == 4
    with Image.open(workdir / "found/sheet.png") as sheet:
        assert sheet.width > 64 and sheet.height > 42
    page = html.unescape((workdir / "found/report.html").read_text())
    command = next(
        line for line in page.splitlines() if "<pre>brushwork paint photo.jpg waves.png" in line and "1000.0" in line
    )
    words = shlex.split(command.partition("<pre>")[2].partition("</pre>")[0])
    assert "--size" not in words and words[:4] == ["brushwork", "paint", "photo.jpg", "waves.png"]
    assert run(*words[1:]).code == 0
    assert runner.job.options.style_weight == 1000 and runner.job.options.content_layers == ("conv1_1",)


@pytest.mark.slow
def test_a_command_paints_its_picture_again(workdir: Path, run: Run) -> None:
    sweep = ("photo.jpg", "waves.png", "--vary", "size=32,48", "--vary", "style-weight=10,20")
    assert run("sweep", *sweep, *SMALL[2:]).code == 0
    page = html.unescape((workdir / "sweep/report.html").read_text())
    command = next(part.partition("</pre>")[0] for part in page.split("<pre>") if part.startswith("brushwork paint"))
    assert run(*shlex.split(command)[1:]).code == 0
    with Image.open("size_32-style_weight_10.png") as again, Image.open("sweep/size_32-style_weight_10.png") as first:
        assert again.tobytes() == first.tobytes()


@pytest.mark.slow
def test_varied_values_cover_those_of_the_environment(workdir: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "SIZE": "64",
        "FULL_SIZE": "128",
        "QUALITY": "best",
        "INIT": "waves.png",
        "RATIO": "1e-3",
    }.items():
        monkeypatch.setenv(f"BRUSHWORK_{name}", value)
    varied = ("--vary=quality=draft", "--vary=content-weight=1", "--vary=init=content,noise", "--vary=size=32,48")
    outcome = run("sweep", "photo.jpg", "waves.png", *varied, *SMALL[2:])
    assert outcome.code == 0, outcome.err
    assert {image_size(file).width for file in (workdir / "sweep").glob("*content_weight_1*.png")} == {32, 48}


@pytest.mark.slow
def test_a_sweep_goes_on_and_grows(workdir: Path, run: Run) -> None:
    sweep = ("sweep", "photo.jpg", "waves.png", *SMALL)
    assert run(*sweep, "--vary", "style-weight=10").code == 0
    painted = (workdir / "sweep/style_weight_10.png").stat().st_mtime_ns
    outcome = run(*sweep, "--vary", "style-weight=10,20")
    assert "2 pictures to paint, 1 of them already painted" in outcome.err
    assert (workdir / "sweep/style_weight_10.png").stat().st_mtime_ns == painted
    assert (workdir / "sweep/style_weight_20.png").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["waves.png"], "there is nothing to vary"),
        (["--vary", "style-weight=1,2"], "no style image was given"),
        (["waves.png", "--vary", "style=night.png"], "style images were given both alone and with --vary"),
        (
            ["waves.png", "--vary", "style-weight=1,2", "--style-weight", "3"],
            "--style-weight was given both alone and",
        ),
        (
            ["waves.png", "--vary", "preset=default", "--preset", "pastiche"],
            "--preset was given both alone and",
        ),
        (
            ["waves.png", "--vary", "quality=draft", "--quality", "best"],
            "--quality was given both alone and",
        ),
        (["waves.png", "--vary", "init=content,noise", "--init", "photo.jpg"], "--init was given both alone and"),
        (["waves.png", "--vary", "preset=gatys"], "there is no preset 'gatys'"),
        (["waves.png", "--vary", "preset=default,pastiche", "--quality", "draft"], "pastiche is a published program"),
        (["waves.png", "--vary", "ratio=1e-3", "--ratio", "1"], "--ratio was given both alone and"),
        (["waves.png", "--vary", "size=32,48", "--size", "256"], "--size was given both alone and"),
        (["waves.png", "--vary", "ratio=1e-3", "--content-weight", "1"], "--ratio and --content-weight"),
        (["waves.png", "--vary", "style-weight=10,-1"], "style-weight is -1.0: it must be 0 or more"),
        (
            ["waves.png", "--vary", "size=32,64", "--full-size", "128"],
            "--full-size cannot be combined with --vary size",
        ),
        (["waves.png", "--vary", "size=8"], "size is 8: it must be 32 pixels or more"),
        (["waves.png", "--vary", "style-wait=1"], "there is no setting 'style-wait' to vary"),
        (["waves.png", "--vary", "method=mdan,optimize"], "there is no setting 'method' to vary"),
        (["waves.png", "--vary", "seed=1,2", "-o", "waves.png"], "waves.png cannot be created (there is a file of"),
        (["waves.png", "--vary", "style-layers=conv1_1,conv9_9"], "no layer 'conv9_9'"),
        (["waves.png", "--vary", "network=vgg19,vgg91"], "vgg91"),
        (["missing.png", "--vary", "style-weight=1"], "missing.png"),
        (["waves.png", "--vary", "style-weight=1", "--style-wait", "2"], "--style-wait"),
        (["waves.png", "--vary", "style-weight=1", "--jobs", "0"], "jobs is 0"),
    ],
)
def test_what_cannot_be_is_reported_before_anything_is_painted(
    words: list[str], message: str, workdir: Path, run: Run
) -> None:
    outcome = run("sweep", "photo.jpg", *words)
    assert outcome.code == 2 and message in outcome.err
    assert not (workdir / "sweep").exists()
