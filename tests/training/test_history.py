"""Losses by iteration, in a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from brushwork.errors import InputError
from brushwork.training.history import History


def kept(iterations: int) -> History:
    history = History()
    for step in range(1, iterations + 1):
        history.add("training", step, {"total": float(step), "style": 2.0 * step})
    history.add("validation", iterations, {"total": 0.5})
    return history


def test_it_comes_back_up_to_where_the_training_was_kept(tmp_path: Path) -> None:
    kept(5).write(tmp_path / "x.json", {"family": "johnson"})
    assert json.loads((tmp_path / "x.json").read_text())["family"] == "johnson"
    found = History.read(tmp_path / "x.json", 3)
    assert [row["iteration"] for row in found.rows["training"]] == [1, 2, 3]
    assert found.rows["validation"] == []
    assert found.last == {}
    assert History.read(tmp_path / "x.json", 5).last["total"] == 0.5


def test_without_a_file_it_is_empty_and_other_files_are_refused(tmp_path: Path) -> None:
    assert History.read(tmp_path / "x.json", 3).rows == {"training": [], "validation": []}
    for content in ("[]", "{}"):
        (tmp_path / "x.json").write_text(content)
        with pytest.raises(InputError, match="not a training history"):
            History.read(tmp_path / "x.json", 3)


def test_curves_are_means_of_stretches() -> None:
    curves = kept(600).curves()
    steps, losses = curves["total"]
    assert len(steps) == 200
    assert losses[:2] == [2.0, 5.0]
    assert steps == losses
    assert curves["style"][1][0] == 4.0
    assert curves["held out"] == ([600], [0.5])
    assert History().curves() == {}
