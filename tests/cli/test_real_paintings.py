"""Small paintings with the real network, from the command to the file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from brushwork.images import write_image
from first_layers import FIRST_LAYERS
from fork_server import ForkServer

Run = Callable[..., Any]

QUICK = ("--size", "64", "--iterations", "4", "--min-size", "0")
BRUSHWORK = (sys.executable, "-m", "brushwork")
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


@pytest.fixture(autouse=True)
def pictures(workdir: Path) -> None:
    """Something to see: a gradient, and checks."""
    generator = torch.Generator().manual_seed(1)
    across = torch.linspace(0, 1, 80).expand(1, 3, 60, 80)
    write_image(across, workdir / "photo.jpg", overwrite=True)
    write_image(torch.rand(1, 3, 64, 64, generator=generator), workdir / "waves.png", overwrite=True)


def pixels(path: Path | BytesIO) -> np.ndarray[Any, Any]:
    with Image.open(path) as found:
        return np.asarray(found)


@pytest.mark.slow
def test_a_painting_is_repeated_bit_for_bit_and_not_painted_twice(workdir: Path, run: Run) -> None:
    outcome = run("paint", "photo.jpg", "waves.png", *QUICK, "--json", "--plot", "p.svg", "--timelapse", "t.gif")
    assert outcome.code == 0, outcome.err
    document = json.loads(outcome.out)
    painted = pixels(workdir / "photo+waves.png")
    assert painted.shape == (48, 64, 3)
    assert (document["iterations"], document["size"], document["device"]) == (4, [64, 48], "cpu")
    assert document["loss"] == pytest.approx(sum(document["losses"].values()), rel=1e-3)
    assert (workdir / "p.svg").stat().st_size > 1000
    assert pixels(workdir / "t.gif").shape[:2] == (48, 64)

    assert run("rerun", "photo+waves.png").code == 0
    assert np.array_equal(pixels(workdir / "photo+waves-rerun.png"), painted)

    before = (workdir / "photo+waves.png").stat()
    resumed = run("paint", "photo.jpg", "waves.png", *QUICK, "--resume")
    assert resumed.code == 0
    assert "is already finished" in resumed.err
    assert (workdir / "photo+waves.png").stat() == before


@pytest.mark.slow
def test_pictures_on_the_way_are_as_transparent_as_the_result(workdir: Path, run: Run) -> None:
    across = torch.linspace(0, 1, 80).expand(1, 3, 60, 80)
    write_image(across, workdir / "soft.png", alpha=across[:, :1])
    outcome = run(
        "paint", "soft.png", "waves.png", *QUICK, "--save-every", "2", "--timelapse", "t.webp", "-o", "out.png"
    )
    assert outcome.code == 0, outcome.err
    expected = pixels(workdir / "out.png")[..., 3]
    assert expected.min() < 5 and expected.max() > 250
    assert np.array_equal(pixels(workdir / "out-2.png")[..., 3], expected)
    with Image.open(workdir / "t.webp") as film:
        for number in range(film.n_frames):  # type: ignore[attr-defined]
            film.seek(number)
            assert np.array_equal(np.asarray(film)[..., 3], expected)


@pytest.mark.slow
def test_other_options_do_not_resume(workdir: Path, run: Run) -> None:
    assert run("paint", "photo.jpg", "waves.png", *QUICK, "-q").code == 0
    outcome = run("paint", "photo.jpg", "waves.png", *QUICK, "--seed", "5", "--resume")
    assert outcome.code == 2
    assert "seed" in outcome.err


@pytest.mark.slow
def test_ctrl_c_keeps_the_picture_and_resume_goes_on(
    workdir: Path, run: Run, fork_server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in FIRST_LAYERS.items():
        monkeypatch.setenv(name, value)
    command = ["paint", "photo.jpg", "waves.png", "--size", "64", "--iterations", "40", "--min-size", "0"]
    with fork_server.start("-m", "brushwork", *command, env=ENVIRONMENT | FIRST_LAYERS) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "iteration" in line and "loss" in line)
        process.send_signal(signal.SIGINT)
        printed = process.stderr.read()
        assert process.wait(600) == 130
    assert "Traceback" not in printed
    assert "interrupted; the image so far is in photo+waves.png." in printed
    assert (
        "continue with: brushwork paint photo.jpg waves.png --size 64 --iterations 40 --min-size 0 --resume" in printed
    )
    assert pixels(workdir / "photo+waves.png").shape == (48, 64, 3)

    assert run(*command).code == 2, "the unfinished picture is not overwritten"
    outcome = run(*command, "--resume", "--json")
    assert outcome.code == 0
    assert "resumed after" in outcome.err
    assert json.loads(outcome.out)["iterations"] == 40
    assert not list(workdir.glob("*.checkpoint"))


@pytest.mark.slow
def test_pictures_pass_through_pipes(workdir: Path) -> None:
    done = subprocess.run(
        [*BRUSHWORK, "paint", "-", "waves.png", "-o", "-", *QUICK],
        input=(workdir / "photo.jpg").read_bytes(),
        capture_output=True,
        check=False,
        env=ENVIRONMENT | FIRST_LAYERS,
    )
    assert done.returncode == 0, done.stderr
    assert b"iteration" in done.stderr
    assert pixels(BytesIO(done.stdout)).shape == (48, 64, 3)


@pytest.mark.slow
def test_a_folder_with_a_bad_picture_in_it(workdir: Path, run: Run) -> None:
    (workdir / "photos").mkdir()
    (workdir / "photos/a.png").write_text("no picture")
    (workdir / "photo.jpg").rename(workdir / "photos/b.jpg")
    outcome = run("paint", "photos", "waves.png", *QUICK, "-o", "out")
    assert outcome.code == 2
    assert outcome.out == f"{Path('out/b+waves.png')}\n"
    assert "error: a+waves.png: " in outcome.err


@pytest.fixture
def damaged(workdir: Path) -> Path:
    (workdir / "text.jpg").write_text("This is a text.")
    (workdir / "empty.png").touch()
    (workdir / "cut.jpg").write_bytes((workdir / "photo.jpg").read_bytes()[:400])
    (workdir / "folder").mkdir()
    write_image(torch.rand(1, 3, 20, 20), workdir / "tiny.png")
    return workdir


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("paint", "none.jpg", "waves.png"), "none.jpg does not exist"),
        (("paint", "text.jpg", "waves.png"), "text.jpg"),
        (("paint", "photo.jpg", "empty.png"), "empty.png is empty"),
        (("paint", "cut.jpg", "waves.png"), "cut.jpg is damaged"),
        (("paint", "photo.jpg", "photo.jpg"), "photo.jpg is the content image itself"),
        (("paint", "photo.jpg", "folder"), "the folder folder holds no pictures"),
        (("paint", "photo.jpg", "waves.png", "--size", "20"), "size is 20: it must be 32 pixels or more"),
        (("paint", "photo.jpg", "waves.png", "--style-layers", "conv9_1"), "conv9_1"),
        (("paint", "photo.jpg", "waves.png", "--network", "vgg18"), "Did you mean 'vgg1"),
        (("paint", "photo.jpg", "waves.png", "--device", "mps"), "no mps device"),
        (("paint", "photo.jpg", "waves.png", "-o", "none/out.png"), "the folder none of out.png does not exist"),
        (("paint", "photo.jpg", "waves.png", "-o", "out.psd"), ".psd"),
        (("paint", "photo.jpg", "waves.png", "--max-pixels", "100"), "raise the limit: --max-pixels"),
        (("paint", "photo.jpg", "waves.png", "--init", "text.jpg"), "text.jpg"),
        (("texture", "waves.png", "--size", "10x10"), "at least 32 pixels a side"),
        (("reconstruct", "content", "photo.jpg", "--layer", "conv4"), "conv4"),
        (("rerun", "photo.jpg"), "photo.jpg"),
        (("rerun", "none.jpg"), "none.jpg does not exist"),
    ],
)
def test_what_cannot_be_painted_is_said_in_one_line(
    damaged: Path, run: Run, arguments: tuple[str, ...], message: str
) -> None:
    before = sorted(file.name for file in damaged.iterdir())
    outcome = run(*arguments, "-q")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("brushwork: error: ")
    assert outcome.err.count("\n") == 1
    assert message in outcome.err
    assert sorted(file.name for file in damaged.iterdir()) == before


@pytest.mark.slow
def test_what_does_not_fit_is_refused_with_the_size_that_does(workdir: Path, fork_server: ForkServer) -> None:
    """In a process of its own: what others left in this one counts."""
    command = ("-m", "brushwork", "paint", "photo.jpg", "waves.png", "--size", "1000", "--memory", "1.1GB")
    outcome = fork_server.run(*command, env=ENVIRONMENT | FIRST_LAYERS)
    assert outcome.returncode == 1
    assert "use --size" in outcome.stderr
    assert not (workdir / "photo+waves.png").exists()


@pytest.mark.slow
def test_a_plan_of_a_real_painting(workdir: Path, run: Run) -> None:
    outcome = run("plan", "photo.jpg", "waves.png", *QUICK, "--json")
    assert outcome.code == 0
    document = json.loads(outcome.out)
    assert document["levels"][0]["size"] == [64, 48]
    assert (document["iterations"], document["fits"]) == (4, True)
    assert document["seconds"] > 0
    assert document["memory"] > 10**7


@pytest.mark.slow
def test_textures_and_reconstructions_are_painted(workdir: Path, run: Run) -> None:
    assert run("texture", "waves.png", "--size", "80x40", "--iterations", "2", "-q").code == 0
    assert pixels(workdir / "waves-texture.png").shape == (40, 80, 3)
    assert run("reconstruct", "content", "photo.jpg", *QUICK, "--layer", "conv1_1", "-q").code == 0
    assert run("reconstruct", "style", "waves.png", "--size", "48", "--iterations", "2", "-q").code == 0
    assert pixels(workdir / "waves-style.png").shape == (48, 48, 3)
