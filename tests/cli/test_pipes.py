"""`<(cat photo)` and named pipes: read once, as standard input is; refused where they are read by others; never waited
for in vain."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from brushwork.images import read_image
from fork_server import ForkServer
from named_pipes import pipe_of, waiting_at_most

Run = Callable[..., Any]

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")


@pytest.fixture(autouse=True)
def limit_waiting() -> Iterator[None]:
    with waiting_at_most(120):
        yield


@pytest.mark.slow
def test_photograph_painting_and_mask_through_pipes(workdir: Path, run: Run) -> None:
    at_once = ("--instant", "--size", "48", "-q")
    assert run("paint", "photo.jpg", "waves.png", "--region", "night.png", *at_once, "-o", "files.png").code == 0
    pipe_of(workdir / "photo.jpg", "a"), pipe_of(workdir / "waves.png", "b"), pipe_of(workdir / "night.png", "c")
    outcome = run("paint", "a", "b", "--region", "c", *at_once, "-o", "pipes.png")
    assert outcome.code == 0, outcome.err
    assert (read_image("pipes.png").image == read_image("files.png").image).all()


def test_the_start_may_be_a_pipe(workdir: Path, run: Run, runner: Any) -> None:
    pipe_of(workdir / "night.png", "begin")
    assert run("paint", "photo.jpg", "waves.png", "--init", "begin").code == 0
    assert runner.job.init == Path("begin")


def test_settings_through_a_pipe(workdir: Path, run: Run, runner: Any) -> None:
    (workdir / "mine.toml").write_text("size = 77")
    pipe_of(workdir / "mine.toml", "settings")
    assert run("paint", "photo.jpg", "waves.png", "--config", "settings").code == 0
    assert runner.job.options.size == 77


@pytest.mark.parametrize(
    "command",
    [
        ("style", "info", "pipe"),
        ("style", "blend", "pipe:0.5", "-o", "x.style"),
        ("weights", "add", "pipe"),
        ("models", "export", "pipe"),
        ("models", "pipe"),
        ("paint", "photo.jpg", "--model", "pipe"),
        ("sweep", "pipe", "waves.png", "--vary", "seed=1,2"),
        ("sweep", "photo.jpg", "pipe", "--vary", "seed=1,2"),
        ("sweep", "photo.jpg", "waves.png", "--init", "pipe", "--vary", "seed=1,2"),
        ("reproduce", "fig1", "--content", "pipe"),
    ],
)
def test_tensors_and_pictures_of_many_cells_are_no_pipes(workdir: Path, run: Run, command: tuple[str, ...]) -> None:
    os.mkfifo(workdir / "pipe")
    outcome = run(*command)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert "pipe is a pipe, which can be read only once: save it as a file" in outcome.err


def test_several_processes_cannot_share_a_pipe(workdir: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    os.mkfifo(workdir / "pipe")
    outcome = run("paint", "pipe", "waves.png")
    assert outcome.code == 2 and "pipe is a pipe" in outcome.err


@pytest.mark.slow
def test_a_pipe_that_nobody_writes_is_left_by_ctrl_c(workdir: Path, fork_server: ForkServer) -> None:
    os.mkfifo(workdir / "pipe")
    with fork_server.start("-m", "brushwork", "paint", "pipe", "waves.png", "--instant") as process:
        assert process.stderr is not None
        descriptor = os.open("pipe", os.O_WRONLY)  # waits until it is being read
        process.send_signal(signal.SIGINT)
        assert process.wait(600) == 130
        os.close(descriptor)
        assert process.stderr.read() == "brushwork: interrupted; nothing was saved.\n"
