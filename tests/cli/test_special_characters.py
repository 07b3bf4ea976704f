"""Names are shown as they are: brackets are no markup, a dash is no name, and no sign breaks a line."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import torch

from brushwork.cli.commands.doctor import Diagnosis, _print
from brushwork.cli.consoles import make_console
from brushwork.cli.metrics_table import _many, _one
from brushwork.cli.progress import make_display
from brushwork.jobs import Note, Started, StepDone
from brushwork.metrics import Metrics

Run = Callable[..., Any]

STRANGE = "[red][/d]:cat:"
"""Markup that vanishes, markup that is none, and a picture of a cat."""


def plain(text: str) -> str:
    """Without the colors and moves of a terminal."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Output goes to a terminal."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.usefixtures("terminal")
def test_the_bar_and_the_lines_of_a_painting(workdir: Path, run: Run, runner: Any) -> None:
    folder = workdir / "[red]["  # a slash in [/d] needs one
    folder.mkdir()
    (workdir / "photo.jpg").rename(folder / "d]:cat:.jpg")
    runner.note = "[red][/d]:cat: is noted"
    outcome = run("paint", "[red][/d]:cat:.jpg", "waves.png", "-o", "[red]:cat:.png")
    assert outcome.code == 0, outcome.err
    shown = plain(outcome.err)
    assert "\x1b[" in outcome.err, "it is a terminal"
    assert "[red]:cat:.png" in shown and "[red][/d]:cat: is noted" in shown
    assert outcome.out == "[red]:cat:.png\n"


def test_the_bar_of_a_training(terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    with make_display("[red][/d]:cat:", quiet=False) as shown:
        shown.show(Started(torch.device("cpu"), 10))
        shown.show(Note("after 1: [/d]:cat:.png"))
        shown.show(StepDone(1, {"total": 2.0}))
    printed = plain(capsys.readouterr().err)
    assert "[red][/d]:cat:" in printed and "after 1: [/d]:cat:.png" in printed


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("several", [False, True])
def test_the_tables_of_evaluate(several: bool, capsys: pytest.CaptureFixture[str]) -> None:
    figures = {field.name: 0.5 for field in fields(Metrics) if field.type in ("float", float)}
    row = {"result": f"{STRANGE}.png", "network": "[/v]", **figures}
    make_console().print(_many([row, row]) if several else _one(row))
    shown = plain(capsys.readouterr().out)
    letters = "".join(shown.split())
    assert ("d]:cat:" if several else f"{STRANGE}.png") in letters


@pytest.mark.usefixtures("terminal")
def test_the_findings_of_doctor(capsys: pytest.CaptureFixture[str]) -> None:
    _print([Diagnosis("cache", STRANGE, f"{STRANGE} cannot be written")])
    assert plain(capsys.readouterr().out).count(STRANGE) == 2


@pytest.mark.parametrize(
    "command",
    [
        ("weights", "add", "-"),
        ("rerun", "-"),
        ("evaluate", "-"),
        ("evaluate", "a.png", "--content", "-"),
        ("reproduce", "fig1", "-o", "-"),
        ("train", "johnson", "-", "--dataset", "photos"),
        ("train", "texture", "a.png", "-o", "-"),
        ("style", "extract", "-"),
        ("style", "blend", "-"),
        ("models", "export", "-"),
        ("models", "--sheet", "-"),
        ("sweep", "-", "a.png"),
        ("paint", "a.png", "b.png", "--config", "-"),
        ("paint", "a.png", "b.png", "--init", "-"),
        ("paint", "a.png", "b.png", "--region", "-"),
        ("paint", "a.png", "b.png", "--plot", "-"),
        ("paint", "a.png", "b.png", "--seed", "-"),
        ("plan", "a.png", "b.png", "--model", "-"),
    ],
)
def test_a_dash_where_it_means_nothing(workdir: Path, run: Run, command: tuple[str, ...]) -> None:
    outcome = run(*command)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert re.fullmatch(
        r"brushwork: error: - means standard input or output, which \S+ does not accept: .*\n", outcome.err
    )


@pytest.mark.parametrize("command", [("paint", "-"), ("presets", "-"), ("texture", "-", "--model", "x")])
def test_a_dash_in_a_message_is_a_dash(workdir: Path, run: Run, command: tuple[str, ...]) -> None:
    outcome = run(*command)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "-" in outcome.err.split() or "['-']" in outcome.err
    assert "\0" not in outcome.err and "x00" not in outcome.err


def test_an_error_is_one_line_whatever_the_name(workdir: Path, run: Run) -> None:
    outcome = run("paint", "a\nb\x1b[31m[red].png", "waves.png")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert r"a b\x1b[31m[red].png does not exist" in outcome.err


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_settings_are_read_with_a_byte_order_mark(workdir: Path, run: Run, runner: Any, start: bytes) -> None:
    (workdir / "mine.toml").write_bytes(start + b"size = 77")
    assert run("paint", "photo.jpg", "waves.png", "--config", "mine.toml").code == 0
    assert runner.job.options.size == 77


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_settings_in_utf16_are_one_line(workdir: Path, run: Run, encoding: str) -> None:
    (workdir / "mine.toml").write_bytes("\ufeffsize = 77".encode(encoding))
    outcome = run("paint", "photo.jpg", "waves.png", "--config", "mine.toml")
    assert (outcome.code, outcome.err) == (
        2,
        "brushwork: error: the settings file mine.toml is UTF-16: save it as UTF-8.\n",
    )
