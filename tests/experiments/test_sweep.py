"""Sweeps: combinations, their cells and their commands."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from brushwork.errors import InputError
from brushwork.experiments.sweep import Sweep, SweepChoice, as_experiment, combine_variations
from brushwork.images import write_image
from brushwork.recipes import TransferOptions, load_preset


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    for name in ("photo.png", "waves.png"):
        write_image(torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(len(name))), tmp_path / name)
    return tmp_path / "photo.png"


def _sweep(photograph: Path, *choices: tuple[str, str, TransferOptions, str]) -> Sweep:
    paintings = (photograph.with_name("waves.png"),)
    return Sweep(photograph.parent / "sweep", photograph, tuple(SweepChoice(*one, paintings) for one in choices))


def test_the_last_runs_along_the_columns() -> None:
    varied = {
        "style_weight": {"1": 1.0, "2": 2.0},
        "init_noise": {"0": 0.0},
        "init": {"gray": "gray", "noise": "noise"},
    }
    found = list(combine_variations(varied))
    assert [one[:2] for one in found] == [
        ("style-weight 1, init-noise 0", "init gray"),
        ("style-weight 1, init-noise 0", "init noise"),
        ("style-weight 2, init-noise 0", "init gray"),
        ("style-weight 2, init-noise 0", "init noise"),
    ]
    assert found[-1][2] == {"style_weight": 2.0, "init_noise": 0.0, "init": "noise"}


def test_cells_know_what_decides_their_pictures(photograph: Path) -> None:
    options = TransferOptions(size=32, iterations=3)
    sweep = _sweep(photograph, ("", "a", options, "default"), ("", "b", replace(options, seed=1), "default"))
    one, other = sweep.make_cells()
    assert one.settings["pictures"] == other.settings["pictures"] and one.settings != other.settings
    assert [name for name, _ in sweep.inputs()] == ["photo.png", "waves.png"]
    assert as_experiment(sweep, ["seed"]).title == "photo.png: seed"


def test_commands_name_what_departs_from_the_preset(photograph: Path) -> None:
    base = load_preset("gatys-2015")
    options = replace(base, size=32, style_layers=("conv1_1", "pool1"), bounded=True, style_weight=3.5)
    sweep = _sweep(photograph, ("r", "c", options, "gatys-2015"))
    words = shlex.split(sweep.commands()["r", "c"])
    assert words[:5] == ["brushwork", "paint", str(photograph), str(photograph.with_name("waves.png")), "--preset"]
    expected = "gatys-2015 --style-layers conv1_1,pool1 --style-weight 3.5 --bounded -o r-c.png"
    assert sorted(words[5:]) == sorted(expected.split())
    assert "--size full" in sweep.commands("full")["r", "c"]
    assert "--size 32" in sweep.commands("as painted")["r", "c"]


def test_commands_of_odd_names_and_starts(photograph: Path) -> None:
    sweep = replace(_sweep(photograph, ("", "c", TransferOptions(size=32), "default")), content=Path("-my photo.png"))
    command = replace(sweep, init=Path("start.png")).commands()["", "c"]
    assert shlex.split(command)[2] == "./-my photo.png" and "--init start.png" in command


def test_two_cells_of_one_file_are_reported(photograph: Path) -> None:
    options = TransferOptions(size=32)
    with pytest.raises(InputError, match="would have the same file name"):
        _sweep(photograph, ("", "style A b", options, "default"), ("", "style a_b", options, "default")).make_cells()
