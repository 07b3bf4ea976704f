"""What a painter's file says of how it learned."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from brushwork.errors import InputError
from brushwork.fast.architectures import build
from brushwork.fast.johnson import Johnson
from brushwork.fast.painter import Painter
from brushwork.picture import write_picture
from brushwork.training.about import about
from brushwork.training.style_options import StyleTraining

SETTINGS = Johnson(width=2, blocks=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.png", "b.png"):
        write_picture(torch.rand(1, 3, 8, 8), tmp_path / name)
    return tmp_path


def test_it_is_json_without_paths_of_this_machine(folder: Path) -> None:
    start = Painter("wave", "johnson", SETTINGS, build(SETTINGS))
    told = about("johnson", StyleTraining(), styles=[folder / "a.png"], photographs=folder, start=start)
    text = json.dumps(told)
    assert str(folder) not in text
    assert told["styles"][0]["name"] == "a.png"
    assert told["from"] == "wave"
    assert told["options"]["style_weight"] == StyleTraining().style_weight
    assert "engine" not in told["options"]


def test_other_photographs_are_another_story(folder: Path) -> None:
    before = about("johnson", StyleTraining(), photographs=folder)
    write_picture(torch.rand(1, 3, 8, 8), folder / "c.png")
    assert about("johnson", StyleTraining(), photographs=folder) != before


def test_a_style_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(InputError, match=r"z\.png cannot be read"):
        about("johnson", StyleTraining(), styles=[folder / "z.png"])
