"""What a model's file says of how it was trained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from brushwork.errors import InputError
from brushwork.feedforward.model import StyleModel
from brushwork.feedforward.networks.configs import JohnsonConfig
from brushwork.feedforward.networks.registry import build_network
from brushwork.images import write_image
from brushwork.training.provenance import describe_training
from brushwork.training.tasks.johnson_options import JohnsonTrainingOptions

SETTINGS = JohnsonConfig(width=2, blocks=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.png", "b.png"):
        write_image(torch.rand(1, 3, 8, 8), tmp_path / name)
    return tmp_path


def test_it_is_json_without_paths_of_this_machine(folder: Path) -> None:
    start = StyleModel("wave", "johnson", SETTINGS, build_network(SETTINGS))
    provenance = describe_training(
        "johnson", JohnsonTrainingOptions(), styles=[folder / "a.png"], photos=folder, init=start
    )
    text = json.dumps(provenance)
    assert str(folder) not in text
    assert provenance["styles"][0]["name"] == "a.png"
    assert provenance["from"] == "wave"
    assert provenance["options"]["style_weight"] == JohnsonTrainingOptions().style_weight
    assert "engine" not in provenance["options"]


def test_other_photographs_change_the_description(folder: Path) -> None:
    before = describe_training("johnson", JohnsonTrainingOptions(), photos=folder)
    write_image(torch.rand(1, 3, 8, 8), folder / "c.png")
    assert describe_training("johnson", JohnsonTrainingOptions(), photos=folder) != before


def test_a_style_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(InputError, match=r"z\.png cannot be read"):
        describe_training("johnson", JohnsonTrainingOptions(), styles=[folder / "z.png"])
