"""What a person sees while something is painted."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import torch

from brushwork.cli import progress as shown
from brushwork.cli.consoles import make_console
from brushwork.cli.progress import (
    BarDisplay,
    LineDisplay,
    RemainingTime,
    RunningMean,
    SilentDisplay,
    format_minutes,
    format_sizes,
    fraction_done,
    make_display,
)
from brushwork.images.geometry import Size
from brushwork.jobs import Advanced, Note, Started, StepDone, Validated
from brushwork.optim import OptimizationStep
from brushwork.recipes import Progress, ScheduleLevel
from brushwork.types import LossValues

LEVELS = (ScheduleLevel(Size(100, 100), 10), ScheduleLevel(Size(200, 200), 10))


def at(level: int, index: int, note: str | None = None) -> Progress:
    image = torch.zeros(1, 3, 2, 2)
    step = OptimizationStep(index, LossValues(torch.tensor(12345.6), {}), image, image, note)
    return Progress(LEVELS, level, step, None)  # type: ignore[arg-type]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now = [100.0]
    monkeypatch.setattr(shown, "monotonic", lambda: now[0])

    def go(seconds: float) -> None:
        now[0] += seconds

    return go


def test_work_counts_pixels() -> None:
    assert fraction_done(at(0, 10)) == pytest.approx(1 / 5)
    assert fraction_done(at(1, 5)) == pytest.approx(3 / 5)
    assert fraction_done(at(1, 12)) == 1


def test_the_time_left_follows_the_work() -> None:
    times = iter([0.0, 4.0, 10.0])
    pace = RemainingTime(lambda: next(times))
    pace.update(fraction_done(at(0, 1)))
    assert pace.left is None
    pace.update(fraction_done(at(0, 5)))
    assert pace.left == pytest.approx(4 / 0.08 * 0.9)
    pace.update(fraction_done(at(1, 10)))
    assert pace.left == pytest.approx(0)


def test_a_resumed_painting_does_not_count_what_was_done_before() -> None:
    times = iter([0.0, 2.0])
    pace = RemainingTime(lambda: next(times))
    pace.update(fraction_done(at(1, 0)))
    pace.update(fraction_done(at(1, 5)))
    assert pace.left == pytest.approx(2.0)


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (75, "1:15"), (3675, "1:01:15")])
def test_times_are_written_with_colons(seconds: float, text: str) -> None:
    assert format_minutes(seconds) == text


def test_the_current_size_stands_out() -> None:
    assert format_sizes(at(0, 3)) == "[bold]100[/bold] → 200"
    assert format_sizes(at(1, 3)) == "100 → [bold]200[/bold]"


def test_lines_come_at_sizes_at_tenths_and_now_and_then(
    clock: Callable[[float], None], capsys: pytest.CaptureFixture[str]
) -> None:
    with LineDisplay("out.png") as lines:
        for level in (0, 1):
            for index in range(1, 11):
                lines.show(at(level, index))
        quick = capsys.readouterr().err.splitlines()
        assert quick[0] == "out.png: 100×100, iteration 1/20, loss 1.235e+04"
        assert sum("200×200" in line for line in quick) in range(4, 8)
        assert len(quick) < 12
        lines.show(at(1, 10))
        clock(31)
        lines.show(at(1, 10))
        assert len(capsys.readouterr().err.splitlines()) == 1


def test_notes_are_reported_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with LineDisplay("out.png") as lines:
        lines.show(at(0, 1))
        lines.show(at(0, 2, "restarted from the best image"))
    assert "restarted from the best image" in capsys.readouterr().err


def test_the_bar_shows_sizes_iterations_loss_and_notes(clock: Callable[[float], None]) -> None:
    written = io.StringIO()
    terminal = make_console(file=written, force_terminal=True, width=100, color_system=None)
    with BarDisplay("[1] out.png", terminal) as bar:
        bar.show(at(0, 1))
        clock(1)
        bar.show(at(1, 5, "a note"))
        bar.log("painting on [cpu]")
    for printed in ("[1] out.png", "100 → 200", "15/20", "loss 1.235e+04", "a note", "painting on [cpu]"):
        assert printed in written.getvalue()


def test_the_display_fits_where_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "make_console", lambda **_: make_console(file=io.StringIO(), force_terminal=True))
    assert isinstance(make_display("x", quiet=True), SilentDisplay)
    assert isinstance(make_display("x", quiet=False), BarDisplay)
    monkeypatch.setattr(shown, "make_console", lambda **_: make_console(file=io.StringIO(), force_terminal=False))
    assert isinstance(make_display("x", quiet=False), LineDisplay)


def test_no_color_leaves_no_color(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    found: Any = make_display("x", quiet=False)
    with found:
        found.show(at(0, 1))
    assert "\x1b[3" not in capsys.readouterr().err


def test_a_training_is_shown_as_a_painting_is(
    clock: Callable[[float], None], capsys: pytest.CaptureFixture[str]
) -> None:
    with LineDisplay("wave") as lines:
        lines.show(Started(torch.device("cpu"), 100, 50))
        lines.show(Note("8 photographs, 2 held out"))
        lines.show(Validated(50, {"total": 2.0}, None))
        for step in range(51, 61):
            clock(10)
            lines.show(StepDone(step, {"total": 4.0}))
    printed = capsys.readouterr().err.splitlines()
    assert printed[0].startswith("training on cpu (")
    assert printed[0].endswith("): 100 iterations, resumed after 50")
    assert printed[1:3] == ["8 photographs, 2 held out", "after 50: 2 on the validation images, None"]
    assert printed[3].startswith("wave: iteration 54/100, loss 4, ")
    assert printed[3].endswith(" left")
    assert len(printed) == 5, printed


def test_one_pass_is_shown_now_and_then(clock: Callable[[float], None], capsys: pytest.CaptureFixture[str]) -> None:
    with LineDisplay("out.png") as lines:
        lines.show(Started(torch.device("cpu"), 0, levels=(ScheduleLevel(Size(20, 30), 0),)))
        for done in (0.2, 0.4, 0.6):
            clock(20)
            lines.show(Advanced(done))
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("painting on cpu (")
    assert first.endswith("): 30×20, one forward pass")
    assert second == "out.png: 40%"


def test_the_running_mean_forgets() -> None:
    mean = RunningMean()
    mean.update(5.0)
    assert mean.value == pytest.approx(5.0)
    for _ in range(200):
        mean.update(1.0)
    assert mean.value == pytest.approx(1.0 + 4.0 * 0.95**200 / sum(0.95**k for k in range(201)), rel=1e-12)
