"""How a training is shown."""

from __future__ import annotations

import io
from typing import Any

import pytest

from brushwork.cli import training
from brushwork.cli.consoles import make_console
from brushwork.cli.training import (
    BarTrainingProgress,
    LineTrainingProgress,
    RunningMean,
    SilentTrainingProgress,
    make_training_progress,
)


def test_quiet_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with make_training_progress("wave", quiet=True) as shown:
        shown.start(10, 0)
        shown.update(1, 2.0)
        shown.log("hello")
    assert isinstance(shown, SilentTrainingProgress)
    assert capsys.readouterr() == ("", "")


def test_lines_come_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(training, "monotonic", lambda: float(next(clock)))
    with make_training_progress("wave", quiet=False) as shown:
        assert isinstance(shown, LineTrainingProgress)
        shown.start(100, 50)
        for step in range(51, 61):
            shown.update(step, 4.0)
        shown.log("hello")
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "hello"
    assert lines[0].startswith("wave: 52/100, loss 4, ")
    assert lines[0].endswith(" left")
    assert len(lines) == 4, lines


def test_a_terminal_has_a_bar() -> None:
    screen = io.StringIO()
    bar: Any = BarTrainingProgress("wave", make_console(file=screen, force_terminal=True, width=100))
    with bar:
        bar.start(100, 20)
        bar.update(21, 3.0)
        bar.log("hello [x]")
    assert "iteration 21, loss 3" in screen.getvalue()
    assert "hello [x]" in screen.getvalue()


def test_the_running_mean_forgets() -> None:
    mean = RunningMean()
    mean.update(5.0)
    assert mean.value == pytest.approx(5.0)
    for _ in range(200):
        mean.update(1.0)
    assert mean.value == pytest.approx(1.0, abs=1e-3)
