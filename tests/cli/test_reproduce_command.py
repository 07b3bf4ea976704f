"""`brushwork reproduce`: a list, reports, and what is printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from brushwork.experiments.papers import light

Run = Callable[..., Any]


def test_without_a_name_the_experiments_are_listed(run: Run) -> None:
    lines = run("reproduce").out.splitlines()
    assert any(line.startswith("fig3: ") for line in lines) and len(lines) > 10


@pytest.mark.slow
def test_an_experiment_leaves_a_report_and_says_what_holds(
    workdir: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(light, "OPTIONS", replace(light.OPTIONS, iterations=25))
    contents = ("--content", "waves.png", "--content", "night.png")
    outcome = run("reproduce", "light", "--size", "48", "--quick", "--precision", "full", *contents)
    assert outcome.code == 0 and outcome.out == "reproductions/light/report.html\n"
    assert "light waves-light_of_night: " in outcome.err and "the brightness moves towards the other's" in outcome.err
    page = (workdir / "reproductions/light/report.html").read_text()
    assert f"brushwork reproduce light --quick --size 48 --precision full {' '.join(contents)}" in page
    assert all(
        (workdir / "reproductions/light" / name).exists() for name in ("report.html", "figures.json", "sheet.png")
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fig33"], "'fig3'"),
        (["fig1", "--size", "8"], "size is 8"),
        (["fig1", "--jobs", "0"], "jobs is 0"),
        (["fig1", "--content", "missing.jpg"], "missing.jpg"),
    ],
)
def test_what_cannot_be_is_reported(words: list[str], message: str, workdir: Path, run: Run) -> None:
    outcome = run("reproduce", *words)
    assert outcome.code == 2 and message in outcome.err


def test_ray_that_is_not_there_is_named(workdir: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "ray", None)
    outcome = run("reproduce", "fig1", "--engine", "ray")
    assert outcome.code == 2 and "pip install 'brushwork[ray]'" in outcome.err
