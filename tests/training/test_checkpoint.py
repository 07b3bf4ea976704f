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
    {"lesson": {"rate": 0.1}},
    {"network/model/x": torch.arange(3.0)},
)


def test_all_of_it_comes_back(tmp_path: Path) -> None:
    KEPT.write(tmp_path / "x")
    found = TrainingCheckpoint.read(tmp_path / "x")
    assert (found.step, found.seconds, found.story) == (7, 1.5, {"lesson": {"rate": 0.1}})
    assert torch.equal(found.tensors["network/model/x"], torch.arange(3.0))


def test_the_same_training_may_go_on_and_longer(tmp_path: Path) -> None:
    KEPT.write(tmp_path / "x")
    found = TrainingCheckpoint.read(tmp_path / "x")
    found.require_same_training(KEPT.about)
    found.require_same_training({"family": "johnson", "options": {"seed": 1, "layers": ("a", "b"), "iterations": 50}})


def test_another_training_may_not(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"options.layers \['a', 'b'\], not \['a'\]; options.more None, not 3"):
        KEPT.require_same_training({"family": "johnson", "options": {"seed": 1, "layers": ("a",), "more": 3}})


def test_checkpoints_of_earlier_versions_are_read_under_the_names_of_now(tmp_path: Path) -> None:
    old = {"learner/painter/w": 1.0, "learner/discriminator/w": 2.0, "optimizer/painter/0/step": 3.0}
    tensors = {name: torch.tensor(value) for name, value in old.items()}
    KEPT._replace(tensors=tensors, story={"painter": {"rate": 0.1}}).write(tmp_path / "x")
    found = TrainingCheckpoint.read(tmp_path / "x")
    assert {name: float(value) for name, value in found.tensors.items()} == {
        "network/model/w": 1.0,
        "network/discriminator/w": 2.0,
        "optimizer/model/0/step": 3.0,
    }
    assert found.story == {"model": {"rate": 0.1}}


def test_other_files_are_refused(tmp_path: Path) -> None:
    save_file({"a": torch.ones(1)}, tmp_path / "x")
    with pytest.raises(InputError, match="is not a training checkpoint"):
        TrainingCheckpoint.read(tmp_path / "x")
