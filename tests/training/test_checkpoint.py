"""The file of an unfinished training."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from brushwork.errors import InputError
from brushwork.training.checkpoint import TrainingCheckpoint

KEPT = TrainingCheckpoint(
    7,
    1.5,
    {"family": "johnson", "options": {"seed": 1, "layers": ("a", "b"), "iterations": 5}},
    {"task_state": {"rate": 0.1}},
    {"network/model/x": torch.arange(3.0)},
)


def test_all_of_it_comes_back(tmp_path: Path) -> None:
    KEPT.write(tmp_path / "x")
    found = TrainingCheckpoint.read(tmp_path / "x")
    assert (found.step, found.seconds, found.metadata) == (7, 1.5, {"task_state": {"rate": 0.1}})
    assert torch.equal(found.tensors["network/model/x"], torch.arange(3.0))


def test_the_same_training_may_go_on_and_longer(tmp_path: Path) -> None:
    KEPT.write(tmp_path / "x")
    found = TrainingCheckpoint.read(tmp_path / "x")
    found.require_same_training(KEPT.about)
    found.require_same_training({"family": "johnson", "options": {"seed": 1, "layers": ("a", "b"), "iterations": 50}})


def test_another_training_may_not(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="layers a, b, not a; more none, not 3"):
        KEPT.require_same_training({"family": "johnson", "options": {"seed": 1, "layers": ("a",), "more": 3}})


def test_other_files_are_refused(tmp_path: Path) -> None:
    save_file({"a": torch.ones(1)}, tmp_path / "x")
    with pytest.raises(InputError, match="is not a training checkpoint"):
        TrainingCheckpoint.read(tmp_path / "x")
