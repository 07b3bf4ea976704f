"""`brushwork style combine`: a texture of one painting's strokes, begun with another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from brushwork.images import write_image

Run = Callable[..., Any]


def test_it_begins_with_the_composition_and_takes_the_strokes(runner: Any, workdir: Path, run: Run) -> None:
    write_image(torch.rand(1, 3, 40, 80), workdir / "wide.png")
    assert run("style", "combine", "wide.png", "night.png", "--size", "320").out == "wide-in-night.png\n"
    job = runner.job
    assert (job.content, job.init) == (Path("night.png"), Path("wide.png"))
    assert (job.options.size, job.options.picture_size) == ("320x160", 320)
    assert job.options.style_layers == ("conv1_1", "conv2_1")


def test_its_settings_are_given_as_those_of_a_texture(runner: Any, workdir: Path, run: Run) -> None:
    arguments = (
        "waves.png",
        "night.png",
        "--layers",
        "conv1_1",
        "--iterations",
        "9",
        "--loss",
        "moments",
        "-o",
        "n.png",
    )
    assert run("style", "combine", *arguments).out == "n.png\n"
    assert (runner.job.options.style_layers, runner.job.options.iterations) == (("conv1_1",), 9)
    assert runner.job.options.loss == ("moments",)


def test_folders_are_refused(runner: Any, workdir: Path, run: Run) -> None:
    outcome = run("style", "combine", ".", "night.png")
    assert outcome.code == 2
    assert "combine takes two images" in outcome.err
